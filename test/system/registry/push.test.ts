import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { blobPath } from '../../../src/oci/layout.ts'
import { checkTargets, pushImage, type Source } from '../../../src/registry/push.ts'
import { requireSkopeo } from '../../../src/registry/skopeo.ts'
import { type Base, makeBase, pushBase } from '../../support/base.ts'
import { blobUploads, type Registry, startRegistry, type TestAccess, testAccess } from '../../support/registry.ts'

let registry: Registry
let base: Base
let access: TestAccess
let source: Source

beforeAll(async () => {
  base = await makeBase()
})

afterAll(async () => {
  await base?.[Symbol.asyncDispose]()
})

beforeEach(async () => {
  registry = await startRegistry()
  access = await testAccess()
  source = sourceOf(base)
})

afterEach(async () => {
  await registry?.stop()
  await access?.[Symbol.asyncDispose]()
})

function sourceOf(image: Base): Source {
  return { layout: image.layout, reference: 'amd64', digest: image.digests.amd64 as Source['digest'] }
}

/** The digest that a tag has at the registry, asked without the product. */
async function carried(tag: string): Promise<string | null> {
  const headers = { accept: 'application/vnd.oci.image.manifest.v1+json' }
  const answer = await fetch(`http://${registry.address}/v2/x/manifests/${tag}`, { method: 'HEAD', headers })
  return answer.headers.get('docker-content-digest')
}

const tagsOf = (address: string, ...names: string[]) => names.map((name) => `${address}/x:${name}`)

describe('pushImage', () => {
  it('gives every tag our digest, the least specific last, and each blob once', async () => {
    const tags = tagsOf(registry.address, 'latest', '1.2', '1.2.3')
    const done: string[] = []
    expect(await pushImage(source, tags, access, (tag) => done.push(tag))).toEqual(tags)
    expect(done).toEqual(tagsOf(registry.address, '1.2.3', '1.2', 'latest'))
    expect(await Promise.all(['latest', '1.2', '1.2.3'].map(carried))).toEqual(Array(3).fill(source.digest))
    await registry.settled()
    expect(blobUploads(registry.accesses)).toHaveLength(3)
  })

  it('uploads nothing the second time', async () => {
    await pushImage(source, tagsOf(registry.address, '1'), access)
    await registry.settled()
    const before = registry.accesses.length
    await pushImage(source, tagsOf(registry.address, '1'), access)
    await registry.settled()
    expect(blobUploads(registry.accesses.slice(before))).toEqual([])
  })

  it('fails when the registry says yes and drops the manifest, and tells what the tag has', async () => {
    await using other = await makeBase('two')
    await pushBase(other, `${registry.address}/x:1`, { name: 'amd64' })
    await using liar = await startProxy(registry.address, (asked, answer) => {
      if (asked.method !== 'PUT' || !asked.url?.includes('/manifests/')) return false
      asked.resume().once('end', () => answer.writeHead(201).end())
      return true
    })
    await expect(pushImage(source, tagsOf(liar.address, '1'), access)).rejects.toMatchObject({
      name: 'RegistryError',
      side: 'target',
      message: expect.stringContaining(`it carries ${other.digests.amd64} now, not our ${source.digest}`),
    })
  })

  it('tells the tags that were done before one failed', async () => {
    await using liar = await startProxy(registry.address, (asked, answer) => {
      if (asked.method !== 'PUT' || !asked.url?.includes('/manifests/latest')) return false
      asked.resume().once('end', () => answer.writeHead(403).end())
      return true
    })
    const done: string[] = []
    const pushed = pushImage(source, tagsOf(liar.address, 'latest', '1'), access, (tag) => done.push(tag))
    await expect(pushed).rejects.toThrow(/the push to .*:latest failed: the registry denies it/)
    expect(done).toEqual(tagsOf(liar.address, '1'))
  })

  it('counts a push that reports failure but got through as done', async () => {
    await using liar = await startProxy(registry.address, (asked, answer) => {
      if (asked.method !== 'PUT' || !asked.url?.includes('/manifests/')) return false
      forward(registry.address, asked, (reply) => reply.resume().once('end', () => answer.writeHead(500).end()))
      return true
    })
    await pushImage(source, tagsOf(liar.address, '1'), access)
    expect(await carried('1')).toBe(source.digest)
    expect(access.waits).toEqual([1000, 2000, 4000])
    expect(access.report.lines.at(-1)).toMatch(/so the push got through$/)
  })

  it('survives a fault that passes', async () => {
    let faults = 2
    await using flaky = await startProxy(registry.address, (asked, answer) => {
      if (asked.method !== 'POST' || faults-- <= 0) return false
      asked.resume().once('end', () => answer.writeHead(500).end())
      return true
    })
    await pushImage(source, tagsOf(flaky.address, '1'), access)
    expect(await carried('1')).toBe(source.digest)
  })

  it('does not push a layout whose manifest was changed', async () => {
    const layout = await mkdtemp(join(tmpdir(), 'changed-'))
    try {
      await cp(base.layout, layout, { recursive: true })
      const path = blobPath(layout, source.digest)
      await writeFile(
        path,
        (await readFile(path, 'utf8')).replace('"schemaVersion":2', '"schemaVersion":2,"annotations":{}'),
      )
      await expect(pushImage({ ...source, layout }, tagsOf(registry.address, '1'), access)).rejects.toThrow(
        /it was changed/,
      )
      expect(await carried('1')).toBeNull()
    } finally {
      await rm(layout, { recursive: true })
    }
  })
})

describe('checkTargets', () => {
  it('takes a registry that is there, with or without the repository', async () => {
    await checkTargets(tagsOf(registry.address, '1', '2'), access)
    await registry.settled()
    expect(registry.accesses.filter(({ path }) => path.includes('/manifests/'))).toHaveLength(1)
  })

  it('takes one that wants a login: some say so of repositories that do not exist yet', async () => {
    await using closed = await startRegistry({ htpasswd: { user: 'a', password: 'b' } })
    await checkTargets(tagsOf(closed.address, '1'), access)
  })

  it.each(['authfile', 'loginFiles'])('refuses one that does not accept the login of the %s', async (given) => {
    await using closed = await startRegistry({ htpasswd: { user: 'a', password: 'b' } })
    const file = await writeLogins(closed.address)
    const withLogin = { ...access, ...(given === 'authfile' ? { authfile: file } : { loginFiles: [file] }) }
    await expect(checkTargets(tagsOf(closed.address, '1'), withLogin)).rejects.toMatchObject({
      name: 'RegistryError',
      message: `the login for ${closed.address} is not accepted: log in again`,
    })
  })

  it('takes one that wants a login where the one there is for another namespace', async () => {
    await using closed = await startRegistry({ htpasswd: { user: 'a', password: 'b' } })
    const authfile = await writeLogins(`${closed.address}/other`)
    await checkTargets(tagsOf(closed.address, '1'), { ...access, authfile })
  })

  it.each([403, 404])('takes %s from one that knows the login: it may say so of a new repository', async (status) => {
    await using strict = await startProxy(registry.address, (asked, answer) => {
      if (!asked.url?.includes('/manifests/')) return false
      answer.writeHead(status).end()
      return true
    })
    const authfile = await writeLogins(strict.address)
    await checkTargets(tagsOf(strict.address, '1'), { ...access, authfile })
  })

  it('refuses one that is not there', async () => {
    const { address } = registry
    await registry.stop()
    await expect(checkTargets(tagsOf(address, '1'), access)).rejects.toThrow(
      `the registry ${address} of the tags cannot be reached: the connection was refused`,
    )
    registry = await startRegistry()
  })

  it('refuses plain HTTP unless tls-verify is false', async () => {
    await expect(checkTargets(tagsOf(registry.address, '1'), { ...access, tlsVerify: true })).rejects.toThrow(
      /set tls-verify to false/,
    )
  })

  it('refuses a web page', async () => {
    await using page = await startProxy(registry.address, (_, answer) => {
      answer.writeHead(200, { 'content-type': 'text/html' }).end('<html>Please sign in</html>')
      return true
    })
    await expect(checkTargets(tagsOf(page.address, '1'), access)).rejects.toThrow(
      /a web page answered instead of a registry/,
    )
  })
})

describe('requireSkopeo', () => {
  it('is content with the installed one', async () => {
    await requireSkopeo(access)
  })

  it('names the version that is too old', async () => {
    const path = join(access.tmpFolder, 'skopeo')
    await writeFile(path, '#!/bin/sh\necho skopeo version 1.4.1\n', { mode: 0o755 })
    const old = {
      ...access,
      environment: { ...access.environment, PATH: `${access.tmpFolder}:${access.environment['PATH']}` },
    }
    await expect(requireSkopeo(old)).rejects.toThrow(
      'skopeo version 1.4.1 is too old, it has no --preserve-digests: install skopeo 1.6 or later',
    )
  })
})

/** A file of a login that is wrong for every registry of these tests, where skopeo's own search finds it too. */
async function writeLogins(registryOrNamespace: string): Promise<string> {
  const auth = Buffer.from('a:wrong').toString('base64')
  const file = join(access.tmpFolder, 'containers', 'auth.json')
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, JSON.stringify({ auths: { [registryOrNamespace]: { auth } } }))
  return file
}

type Interference = (asked: IncomingMessage, answer: ServerResponse) => boolean

/** Passes everything to the registry but what `interfere` answers itself. */
async function startProxy(upstream: string, interfere: Interference) {
  const server = createServer((asked, answer) => {
    if (interfere(asked, answer)) return
    forward(upstream, asked, (reply) => {
      answer.writeHead(reply.statusCode ?? 502, reply.headers)
      reply.pipe(answer)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
  const close = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { address: `127.0.0.1:${address.port}`, [Symbol.asyncDispose]: close }
}

function forward(upstream: string, asked: IncomingMessage, onReply: (reply: IncomingMessage) => void): void {
  const [host, port] = upstream.split(':')
  // The Host of the client stays: the registry makes the addresses of its uploads from it.
  const onward = send({ host, port, method: asked.method, path: asked.url, headers: asked.headers }, onReply)
  asked.pipe(onward)
}
