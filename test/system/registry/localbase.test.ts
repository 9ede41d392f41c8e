import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { BaseImage } from '../../../src/oci/baseimage.ts'
import { mediaTypes, ociManifestFrom } from '../../../src/oci/manifest.ts'
import type { Platform } from '../../../src/oci/platform.ts'
import { resolveBase } from '../../../src/registry/base/base.ts'
import { fetchBase } from '../../../src/registry/base/fetch.ts'
import { openBase } from '../../../src/registry/base/openbase.ts'
import { type Base, makeBase } from '../../support/base.ts'
import { type TestAccess, testAccess } from '../../support/registry.ts'
import { asRoot, runAsRoot } from '../../support/root.ts'

const run = promisify(execFile)
const AMD64: Platform = { os: 'linux', architecture: 'amd64' }
const ARM64: Platform = { os: 'linux', architecture: 'arm64' }

let base: Base
let access: TestAccess
let folder: string

beforeAll(async () => {
  base = await makeBase()
})
afterAll(() => base?.[Symbol.asyncDispose]())

beforeEach(async () => {
  access = await testAccess()
  folder = access.tmpFolder
})
afterEach(() => access[Symbol.asyncDispose]())

const skopeo = (...args: readonly string[]) => run('skopeo', args, { env: { ...access.environment } })

/** Writes the base with skopeo, as the transport's name for it. @returns the path */
async function written(transport: string, file: string, flags: readonly string[] = []): Promise<string> {
  const name = transport === 'docker-archive' ? ':localhost/acme/base:1' : ''
  const from = `oci:${base.layout}:${flags.includes('--all') ? 'index' : 'amd64'}`
  await skopeo('copy', '--quiet', ...flags, from, `${transport}:${join(folder, file)}${name}`)
  return join(folder, file)
}

async function fetched(text: string, platform = AMD64): Promise<BaseImage> {
  const opened = await openBase(text, join(folder, 'archive'), access)
  if (opened === 'scratch') throw new Error('scratch is no base')
  return await fetchBase(await resolveBase(opened, platform, access), join(folder, 'job'), undefined, access)
}

/** What of an image stays the same by every way: layers in OCI's terms, diff IDs, and Docker's own members of the config. */
function essence(image: BaseImage) {
  const { layers } = ociManifestFrom(image.manifest)
  return { layers: layers.map(({ mediaType, digest }) => [mediaType, digest]), diffIDs: image.config.rootfs.diff_ids }
}

const compressed = () => ({
  layers: base.layers.map((digest) => [mediaTypes.layerGzip, digest]),
  diffIDs: base.diffIDs,
})
const plain = () => ({ layers: base.diffIDs.map((digest) => [mediaTypes.layer, digest]), diffIDs: base.diffIDs })

const PACKERS = [
  ['xz', 'xz'],
  ['gzip', 'gz'],
  ['zstd', 'zst'],
  ['bzip2', 'bz2'],
] as const

describe('an archive that only its content tells', () => {
  it.each(PACKERS)("is KIWI's result packed by %s", async (program, extension) => {
    await run(program, ['-q1', await written('oci-archive', 'base.x86_64-1.0.0.oci.tar')])
    const image = await fetched(`file://${folder}/base.x86_64-1.0.0.oci.tar.${extension}`)
    expect(essence(image)).toEqual(compressed())
    expect(image.digest).toBe(base.digests.amd64)
    expect(image.publishedName).toBe(`oci-archive:base.x86_64-1.0.0.oci.tar.${extension}`)
  })

  it.each(PACKERS.slice(0, 2))(
    "is docker's packed by %s, under a name that says nothing",
    async (program, extension) => {
      const path = await written('docker-archive', 'base')
      await run(program, ['-q1', path])
      expect(essence(await fetched(`${path}.${extension}`))).toEqual(plain())
    },
  )

  it('is not packed, with a name of docker and the content of oci', async () => {
    expect(essence(await fetched(`dir:${await written('oci-archive', 'base.docker.tar')}`))).toEqual(compressed())
  })

  it('leaves nothing but itself beside it', async () => {
    await mkdir(join(folder, 'given'))
    await run('xz', ['-q1', await written('oci-archive', 'given/base.tar')])
    await chmod(join(folder, 'given/base.tar.xz'), 0o444)
    await fetched(`file:${folder}/given/base.tar.xz`)
    expect(await readdir(join(folder, 'given'))).toEqual(['base.tar.xz'])
  })

  it('is broken: the error names it as it was written', async () => {
    await run('xz', ['-q1', await written('oci-archive', 'base.tar')])
    const bytes = await readFile(join(folder, 'base.tar.xz'))
    await writeFile(join(folder, 'base.tar.xz'), bytes.subarray(0, bytes.length >> 1))
    await expect(fetched(`file:${folder}/base.tar.xz`)).rejects.toMatchObject({
      name: 'RegistryError',
      side: 'base',
      message: expect.stringMatching(`^the base file:${folder}/base.tar.xz cannot be unpacked: .*end of input`),
    })
  })

  it('holds another thing, packed', async () => {
    await writeFile(join(folder, 'x'), 'x')
    await run('tar', ['-C', folder, '-cJf', join(folder, 'x.tar.xz'), 'x'])
    await expect(fetched(`file:${folder}/x.tar.xz`)).rejects.toThrow(
      `'file:${folder}/x.tar.xz' is no archive of a container, it holds neither index.json nor manifest.json`,
    )
  })
})

describe('a base of several platforms on this machine', () => {
  it.each(['oci', 'oci-archive'])('is chosen from by %s:', async (transport) => {
    const image = await fetched(`${transport}:${await written(transport, 'base', ['--all'])}`, ARM64)
    expect(image.digest).toBe(base.digests.arm64)
    expect(image.config).toMatchObject({ architecture: 'arm64', variant: 'v8' })
    expect(essence(image)).toEqual(compressed())
  })

  it('has attestations of buildx beside its images', async () => {
    const layout = await written('oci', 'layout', ['--all'])
    const attested = await withAttestation(layout)
    expect((await fetched(`oci:${attested}`, ARM64)).digest).toBe(base.digests.arm64)
    await expect(fetchedFor('s390x', `oci:${attested}`)).rejects.toThrow(
      'has no image for linux/s390x, it has linux/amd64, linux/arm64/v8: choose another base, or set platform',
    )
  })
})

const fetchedFor = (architecture: string, text: string) => fetched(text, { os: 'linux', architecture })

/** Puts an entry of `unknown/unknown` before the others, as buildx writes them. */
async function withAttestation(layout: string): Promise<string> {
  const blob = (digest: string) => join(layout, 'blobs', digest.replace(':', '/'))
  const top = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8'))
  const index = JSON.parse(await readFile(blob(top.manifests[0].digest), 'utf8'))
  const [first] = index.manifests
  const bytes = JSON.stringify({
    ...index,
    manifests: [{ ...first, platform: { os: 'unknown', architecture: 'unknown' } }, ...index.manifests],
  })
  const digest = `sha256:${createHash('sha256').update(bytes).digest('hex')}`
  await writeFile(blob(digest), bytes)
  top.manifests[0] = { ...top.manifests[0], digest, size: bytes.length }
  await writeFile(join(layout, 'index.json'), JSON.stringify(top))
  return layout
}

describe("a base in Docker's format on this machine", () => {
  it('keeps the digests of its layers by dir:', async () => {
    const path = await written('dir', 'base', ['--format', 'v2s2'])
    expect(JSON.parse(await readFile(join(path, 'manifest.json'), 'utf8')).mediaType).toBe(mediaTypes.dockerManifest)
    expect(essence(await fetched(`dir:${path}`))).toEqual(compressed())
  })

  it('keeps members of its config that OCI does not know', async () => {
    const path = await written('dir', 'base', ['--format', 'v2s2'])
    const manifest = JSON.parse(await readFile(join(path, 'manifest.json'), 'utf8'))
    const old = manifest.config.digest.slice('sha256:'.length)
    const config = JSON.parse(await readFile(join(path, old), 'utf8'))
    const bytes = JSON.stringify({ ...config, config: { ...config.config, Healthcheck: { Test: ['NONE'] } } })
    const hex = createHash('sha256').update(bytes).digest('hex')
    await writeFile(join(path, hex), bytes)
    manifest.config = { ...manifest.config, digest: `sha256:${hex}`, size: bytes.length }
    await writeFile(join(path, 'manifest.json'), JSON.stringify(manifest))
    expect((await fetched(`dir:${path}`)).config.config).toMatchObject({ Healthcheck: { Test: ['NONE'] } })
  })

  it('has plain layers in an archive, with the diff IDs for digests', async () => {
    const path = await written('docker-archive', 'base.tar')
    const image = await fetched(`docker-archive:${path}:localhost/acme/base:1`)
    expect(essence(image)).toEqual(plain())
    expect(image.publishedName).toBe('docker-archive:base.tar:localhost/acme/base:1')
  })

  it('is refused where its config is not the one that its manifest names', async () => {
    const path = await written('dir', 'base', ['--format', 'v2s2'])
    const { config } = JSON.parse(await readFile(join(path, 'manifest.json'), 'utf8'))
    const file = join(path, config.digest.slice('sha256:'.length))
    await writeFile(file, (await readFile(file, 'utf8')).replace('"BASE=yes"', '"BASE=not"'))
    await expect(fetched(`dir:${path}`)).rejects.toThrow(config.digest)
  })
})

it('a base in container storage has plain layers', async () => {
  const name = `containers-storage:[vfs@${folder}/data+${folder}/run]localhost/x:1`
  // A storage needs root, or a user namespace, which not every machine gives its users.
  const [program, args] = asRoot('/usr/bin/skopeo')
  await mkdir(join(folder, 'bin'))
  const wrapper = `#!/bin/sh\nexec ${[program, ...args].join(' ')} "$@"\n`
  await writeFile(join(folder, 'bin', 'skopeo'), wrapper, { mode: 0o755 })
  await runAsRoot('/usr/bin/skopeo', 'copy', '--quiet', `oci:${base.layout}:amd64`, name)
  access = { ...access, environment: { ...access.environment, PATH: `${folder}/bin:${access.environment['PATH']}` } }
  const image = await fetched(name)
  expect(essence(image)).toEqual(plain())
  expect(image.publishedName).toBe('containers-storage:localhost/x:1')
  await runAsRoot('rm', '-rf', join(folder, 'data'), join(folder, 'run'), join(folder, 'job'))
})

it('a base with manifests of schema 1 is refused', async () => {
  const path = await written('dir', 'base')
  await writeFile(join(path, 'manifest.json'), '{"schemaVersion":1,"name":"a/b","fsLayers":[],"history":[]}')
  await expect(fetched(`dir:${path}`)).rejects.toMatchObject({
    name: 'ImageError',
    message: expect.stringMatching('schema version 1, which registries gave up: push it again'),
  })
})

it('a layout of several images has to be told which', async () => {
  await cp(base.layout, join(folder, 'layout'), { recursive: true })
  await expect(fetched(`oci:${folder}/layout`)).rejects.toThrow(
    `the base oci:${folder}/layout cannot be read: it holds several images: write which one behind a colon, PATH:NAME`,
  )
  await expect(fetched(`oci:${folder}/layout:nope`)).rejects.toThrow(
    `the base oci:${folder}/layout:nope cannot be read: it holds no image of that name: see its index.json or manifest.json for those that it has`,
  )
})
