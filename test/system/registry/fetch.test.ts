import { execFile } from 'node:child_process'
import { appendFile, mkdtemp, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gunzipSync } from 'node:zlib'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { BlobStore } from '../../../src/cache/blobs.ts'
import type { BaseImage } from '../../../src/oci/baseimage.ts'
import { type Digest, digestHex, digestOf } from '../../../src/oci/digest.ts'
import { ociManifestFrom } from '../../../src/oci/manifest.ts'
import type { Platform } from '../../../src/oci/platform.ts'
import { resolveBase } from '../../../src/registry/base/base.ts'
import { fetchBase } from '../../../src/registry/base/fetch.ts'
import { type OpenBase, openBase } from '../../../src/registry/base/openbase.ts'
import { type Base, makeBase, pushBase } from '../../support/base.ts'
import { blobDownloads, type Registry, startRegistry, type TestAccess, testAccess } from '../../support/registry.ts'

const AMD64: Platform = { os: 'linux', architecture: 'amd64' }
const ARM64: Platform = { os: 'linux', architecture: 'arm64' }

let registry: Registry
let base: Base
let access: TestAccess
let folder: string
let store: BlobStore

beforeAll(async () => {
  registry = await startRegistry()
  base = await makeBase()
  await pushBase(base, `${registry.address}/base:1`)
})

afterAll(async () => {
  await registry?.stop()
  await base?.[Symbol.asyncDispose]()
})

beforeEach(async () => {
  access = await testAccess()
  folder = await mkdtemp(join(tmpdir(), 'fetch-'))
  store = new BlobStore(join(folder, 'store'), Date.now(), access.report)
})

afterEach(async () => {
  await access[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

async function opened(text: string): Promise<OpenBase> {
  const base = await openBase(text, join(folder, `archive-${archives++}`), access)
  if (base === 'scratch') throw new Error('scratch is no base')
  return base
}

let archives = 0

let fetches = 0

async function fetched(text: string, platform = AMD64): Promise<BaseImage> {
  const resolved = await resolveBase(await opened(text), platform, access)
  return await fetchBase(resolved, join(folder, `job-${fetches++}`), store, access)
}

/** Every layer of the base, unpacked, has the diff ID that the config says. */
async function expectWhole(image: BaseImage): Promise<void> {
  const { layers } = ociManifestFrom(image.manifest)
  const diffIDs: string[] = []
  for (const layer of layers) {
    const bytes = await readFile(image.blobs.get(layer.digest) ?? 'missing')
    expect(bytes.length).toBe(layer.size)
    expect(digestOf(bytes)).toBe(layer.digest)
    diffIDs.push(digestOf(layer.mediaType.endsWith('+gzip') ? gunzipSync(bytes) : bytes))
  }
  expect(diffIDs).toEqual(base.diffIDs)
  expect(image.config.rootfs.diff_ids).toEqual(base.diffIDs)
}

async function downloads(work: () => Promise<unknown>): Promise<readonly string[]> {
  await registry.settled()
  const before = registry.accesses.length
  await work()
  await registry.settled()
  return blobDownloads(registry.accesses.slice(before))
}

function cached(layer: number): string {
  return join(store.folder, 'blobs', 'sha256', digestHex(base.layers[layer] as Digest))
}

describe('fetchBase', () => {
  it('fetches every layer once, and none when the store is warm', async () => {
    const cold = await downloads(async () => await expectWhole(await fetched(`${registry.address}/base:1`)))
    expect(cold.filter((path) => base.layers.some((layer) => path.endsWith(layer)))).toHaveLength(2)
    const warm = await downloads(async () => await expectWhole(await fetched(`${registry.address}/base:1`)))
    expect(warm.filter((path) => base.layers.some((layer) => path.endsWith(layer)))).toEqual([])
    expect(access.report.lines).toContain('2 of 2 layers of the base come from the cache')
    expect(access.report.warnings).toEqual([])
  })

  it('works without a store', async () => {
    const resolved = await resolveBase(await opened(`${registry.address}/base:1`), AMD64, access)
    await expectWhole(await fetchBase(resolved, join(folder, 'job'), undefined, access))
  })

  it.each(['flipped', 'cut', 'grown'])('fetches a cached layer again that was %s, with one warning', async (damage) => {
    await fetched(`${registry.address}/base:1`)
    await harm(cached(0), damage)
    const again = await downloads(async () => await expectWhole(await fetched(`${registry.address}/base:1`)))
    expect(again.filter((path) => path.endsWith(base.layers[0] ?? '?'))).toHaveLength(1)
    expect(again.filter((path) => path.endsWith(base.layers[1] ?? '?'))).toEqual([])
    expect(access.report.warnings).toEqual([
      expect.stringMatching(`${base.layers[0]} is damaged: it is removed and fetched again`),
    ])
    expect(digestOf(await readFile(cached(0)))).toBe(base.layers[0])
  })

  it('notices a tag that moved, and fetches only the layer that is new', async () => {
    await using other = await makeBase('two')
    await pushBase(base, `${registry.address}/moving:1`)
    const before = await fetched(`${registry.address}/moving:1`)
    await pushBase(other, `${registry.address}/moving:1`)
    const layers = await downloads(async () => {
      const after = await fetched(`${registry.address}/moving:1`)
      expect([before.digest, after.digest]).toEqual([base.digests.amd64, other.digests.amd64])
    })
    expect(layers.filter((path) => path.endsWith(base.layers[0] ?? '?'))).toEqual([])
    expect(layers.filter((path) => path.endsWith(other.layers[1] ?? '?'))).toHaveLength(1)
  })

  it("keeps the layers and the config of a base in Docker's format", async () => {
    await pushBase(base, `${registry.address}/docker:1`, { name: 'amd64', format: 'v2s2' })
    const image = await fetched(`${registry.address}/docker:1`)
    expect(image.manifest.mediaType).toBe('application/vnd.docker.distribution.manifest.v2+json')
    await expectWhole(image)
    expect(image.config.history).toHaveLength(3)
  })

  it.each(['oci', 'oci-archive', 'docker-archive', 'dir'])('reads a base by %s:', async (transport) => {
    const path = join(folder, 'copy')
    const name = transport.startsWith('docker') ? ':localhost/x:1' : transport === 'dir' ? '' : ':x'
    await promisify(execFile)('skopeo', ['copy', '--quiet', `oci:${base.layout}:amd64`, `${transport}:${path}${name}`])
    await expectWhole(await fetched(`${transport}:${path}${name}`))
  })

  it('chooses from a layout with several platforms', async () => {
    const image = await fetched(`oci:${base.layout}:index`, ARM64)
    expect(image.digest).toBe(base.digests.arm64)
    expect(image.config).toMatchObject({ architecture: 'arm64', variant: 'v8' })
    await expectWhole(image)
  })

  it('reports a layer that the registry has damaged', async () => {
    await using own = await startRegistry()
    await pushBase(base, `${own.address}/base:1`)
    const resolved = await resolveBase(await opened(`${own.address}/base:1`), AMD64, access)
    const hex = digestHex(base.layers[1] as Digest)
    await writeFile(join(own.storage, 'docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data'), 'damaged')
    await expect(fetchBase(resolved, join(folder, 'job'), store, access)).rejects.toMatchObject({
      name: 'RegistryError',
      code: 'registry-broken',
      side: 'base',
    })
    await expect(stat(cached(1))).rejects.toThrow('ENOENT')
  })
})

describe('a base that needs a login', () => {
  it('is read with it and is not public, while others are', async () => {
    const login = { user: 'me', password: 'pw-of-base' }
    await using closed = await startRegistry({ htpasswd: login })
    await pushBase(base, `${closed.address}/base:1`, { login })
    await expect(resolveBase(await opened(`${closed.address}/base:1`), AMD64, access)).rejects.toThrow(
      /the registry wants a login/,
    )
    const authfile = join(folder, 'auth.json')
    const auth = Buffer.from('me:pw-of-base').toString('base64')
    await writeFile(authfile, JSON.stringify({ auths: { [closed.address]: { auth } } }), { mode: 0o600 })
    const withLogin = { ...access, authfile }
    const secret = await resolveBase(await opened(`${closed.address}/base:1`), AMD64, withLogin, true)
    expect(secret.isPublic).toBe(false)
    const open = await resolveBase(await opened(`${registry.address}/base:1`), AMD64, withLogin, true)
    expect(open.isPublic).toBe(true)
    await expectWhole(await fetchBase(secret, join(folder, 'job'), store, withLogin))
  })
})

async function harm(path: string, damage: string): Promise<void> {
  const { size } = await stat(path)
  // A file of its own: the store's may be a link to what an earlier job used.
  const bytes = await readFile(path)
  await rm(path)
  await writeFile(path, bytes)
  if (damage === 'cut') await truncate(path, size - 1)
  else if (damage === 'grown') await appendFile(path, 'x')
  else
    await writeFile(
      path,
      bytes.map((byte, at) => (at === size >> 1 ? byte ^ 1 : byte)),
    )
}
