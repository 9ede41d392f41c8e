import { execFile } from 'node:child_process'
import { cp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Digest, digestOf } from '../../../src/oci/digest.ts'
import { mediaTypes } from '../../../src/oci/manifest.ts'
import { blobPath } from '../../../src/oci/store/layout.ts'
import { readManifest } from '../../../src/registry/skopeo.ts'
import { pushByDigest, pushImage } from '../../../src/registry/target/push.ts'
import { type Base, makeBase } from '../../support/base.ts'
import { forward, startProxy } from '../../support/proxy.ts'
import { blobUploads, type Registry, startRegistry, type TestAccess, testAccess } from '../../support/registry.ts'
import { makeTree, type Tree } from '../../support/tree.ts'

let base: Base
let tree: Tree
let registry: Registry
let access: TestAccess

beforeAll(async () => {
  // zstd, for skopeo 1.14 to 1.20 marks it in an index that it copies whole, and so pushes another.
  base = await makeBase('one', 'zstd')
  tree = await makeTree(base)
})
afterAll(async () => {
  await tree?.[Symbol.asyncDispose]()
  await base?.[Symbol.asyncDispose]()
})
beforeEach(async () => {
  registry = await startRegistry()
  access = await testAccess()
})
afterEach(async () => {
  await registry?.stop()
  await access?.[Symbol.asyncDispose]()
})

const here = (name: string) => `${registry.address}/${name}`

/** What the registry answers, asked without the product. */
async function asked(path: string): Promise<Response> {
  const accept = `${mediaTypes.index}, ${mediaTypes.manifest}`
  return await fetch(`http://${registry.address}/v2/${path}`, { headers: { accept } })
}

async function tagsOf(repository: string): Promise<unknown> {
  return ((await (await asked(`${repository}/tags/list`)).json()) as { tags?: unknown }).tags
}

async function bytesAt(repository: string, digest: Digest): Promise<Buffer> {
  const kind = [tree.descriptor.digest, ...tree.children].includes(digest) ? 'manifests' : 'blobs'
  return Buffer.from(await (await asked(`${repository}/${kind}/${digest}`)).arrayBuffer())
}

/** Every blob of the tree that the repository has not, or not as it is. */
async function missingIn(repository: string): Promise<readonly Digest[]> {
  const found = await Promise.all(tree.digests.map(async (digest) => digestOf(await bytesAt(repository, digest))))
  return tree.digests.filter((digest, position) => found[position] !== digest)
}

/** Requests that change what a repository has. */
function puts(): readonly string[] {
  return registry.accesses.filter(({ method, path }) => method === 'PUT' && path.includes('/manifests/')).map(last)
}

function last({ path }: { readonly path: string }): string {
  return path.slice(path.lastIndexOf('/') + 1)
}

describe('pushImage of an index', () => {
  it('pushes what it names before it, and the tags last, all as it is', async () => {
    const tags = [here('x:latest'), here('x:1.2')]
    expect(await pushImage(tree, tags, access)).toEqual(tags)
    expect(await missingIn('x')).toEqual([])
    expect(digestOf(await readManifest(`docker://${here('x:1.2')}`, access, purpose))).toBe(tree.descriptor.digest)
    await registry.settled()
    expect(puts()).toEqual([...tree.children, '1.2', 'latest'])
  })

  it('uploads nothing the second time', async () => {
    await pushImage(tree, [here('x:1')], access)
    await registry.settled()
    const before = registry.accesses.length
    await pushImage(tree, [here('x:1')], access)
    await registry.settled()
    expect(blobUploads(registry.accesses.slice(before))).toEqual([])
  })

  it('pushes all of it to each repository', async () => {
    await pushImage(tree, [here('x:1'), here('y/z:1')], access)
    expect([await missingIn('x'), await missingIn('y/z')]).toEqual([[], []])
  })

  it('is copied away by skopeo, with all it names, byte for byte', async () => {
    await using plain = await makeBase()
    await using pushed = await makeTree(plain)
    await pushImage(pushed, [here('x:1')], access)
    const folder = join(access.tmpFolder, 'copied')
    const flags = ['--quiet', '--all', '--preserve-digests', '--src-tls-verify=false']
    await promisify(execFile)('skopeo', ['copy', ...flags, `docker://${here('x:1')}`, `dir:${folder}`])
    const files = (await readdir(folder)).filter((name) => name !== 'version')
    const found = await Promise.all(files.map(async (name) => digestOf(await readFile(join(folder, name)))))
    expect(found.toSorted()).toEqual(pushed.digests.toSorted())
  })

  it('tries again after a fault that passes', async () => {
    let faults = 1
    await using flaky = await startProxy(registry.address, (request, answer) => {
      if (request.method !== 'PUT' || !request.url?.endsWith('/manifests/1') || faults-- <= 0) return false
      request.resume().once('end', () => answer.writeHead(503).end())
      return true
    })
    await pushImage(tree, [`${flaky.address}/x:1`], access)
    expect(access.waits).toEqual([1000])
    expect(await missingIn('x')).toEqual([])
  })

  it('moves no tag when a part of it is refused, and says which', async () => {
    const child = tree.children[1] ?? ''
    await using picky = await startProxy(registry.address, (request, answer) => {
      if (request.method !== 'PUT' || !request.url?.endsWith(`/manifests/${child}`)) return false
      request.resume().once('end', () => answer.writeHead(403).end())
      return true
    })
    await expect(pushImage(tree, [`${picky.address}/x:1`], access)).rejects.toThrow(
      `the push to ${picky.address}/x@${child} failed: the registry denies it`,
    )
    expect(await tagsOf('x')).toBeUndefined()
  })

  it('does not push a layout of which a part was changed', async () => {
    const layout = join(access.tmpFolder, 'changed')
    await cp(tree.layout, layout, { recursive: true })
    const path = blobPath(layout, tree.children[2] as Digest)
    await writeFile(path, `${await readFile(path, 'utf8')} `)
    await expect(pushImage({ ...tree, layout }, [here('x:1')], access)).rejects.toThrow(/it was changed/)
    await registry.settled()
    expect(registry.accesses).toEqual([])
  })
})

describe('pushByDigest', () => {
  it('pushes an index and no tag', async () => {
    const { digest } = tree.descriptor
    expect(await pushByDigest(tree, here('x'), access)).toBe(`${here('x')}@${digest}`)
    expect(await missingIn('x')).toEqual([])
    expect(await tagsOf('x')).toBeUndefined()
    await registry.settled()
    expect(puts()).toEqual([...tree.children, digest])
  })

  it('leaves the tags that are there alone', async () => {
    await using other = await makeTree()
    await pushImage(other, [here('x:1'), here('x:latest')], access)
    await pushByDigest(tree, here('x'), access)
    expect(await tagsOf('x')).toEqual(expect.arrayContaining(['1', 'latest']))
    for (const tag of ['1', 'latest']) {
      expect(digestOf(Buffer.from(await (await asked(`x/manifests/${tag}`)).arrayBuffer()))).toBe(
        other.descriptor.digest,
      )
    }
  })

  it('pushes one image, and nothing the second time', async () => {
    const digest = base.digests.amd64 as Digest
    const { length: size } = await readFile(blobPath(base.layout, digest))
    const descriptor = { mediaType: mediaTypes.manifest, digest, size }
    const source = { layout: base.layout, descriptor }
    expect(await pushByDigest(source, here('x'), access)).toBe(`${here('x')}@${digest}`)
    await registry.settled()
    const before = registry.accesses.length
    await pushByDigest(source, here('x'), access)
    await registry.settled()
    expect(blobUploads(registry.accesses.slice(before))).toEqual([])
    expect(digestOf(Buffer.from(await (await asked(`x/manifests/${digest}`)).arrayBuffer()))).toBe(digest)
  })

  it('says so where the registry refuses the digest', async () => {
    const { digest } = tree.descriptor
    await using picky = await startProxy(registry.address, (request, answer) => {
      if (request.method !== 'PUT' || !request.url?.endsWith(`/manifests/${digest}`)) return false
      const errors = [{ code: 'DIGEST_INVALID', message: 'provided digest did not match uploaded content' }]
      const body = JSON.stringify({ errors })
      request.resume().once('end', () => answer.writeHead(400, { 'content-type': 'application/json' }).end(body))
      return true
    })
    await expect(pushByDigest(tree, `${picky.address}/x`, access)).rejects.toMatchObject({
      name: 'RegistryError',
      side: 'target',
      message: expect.stringMatching(`^the push to ${picky.address}/x@${digest} failed: .*digest invalid`),
    })
  })

  it('says so where the registry says yes and drops it', async () => {
    const { digest } = tree.descriptor
    await using liar = await startProxy(registry.address, (request, answer) => {
      if (request.method !== 'PUT' || !request.url?.endsWith(`/manifests/${digest}`)) return false
      request.resume().once('end', () => answer.writeHead(201).end())
      return true
    })
    await expect(pushByDigest(tree, `${liar.address}/x`, access)).rejects.toThrow(
      `the push to ${liar.address}/x@${digest} had no effect: nothing is there`,
    )
  })

  it('counts a push that reports failure but got through as done', async () => {
    await using liar = await startProxy(registry.address, (request, answer) => {
      if (request.method !== 'PUT' || !request.url?.includes('/manifests/')) return false
      forward(registry.address, request, (reply) => reply.resume().once('end', () => answer.writeHead(500).end()))
      return true
    })
    await pushByDigest(tree, `${liar.address}/x`, access)
    expect(await missingIn('x')).toEqual([])
  })
})

const purpose = { side: 'target', reference: 'x', failure: 'x cannot be read' } as const
