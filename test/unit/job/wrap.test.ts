import { mkdtempDisposable, readdir, readFile, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ImageError, RegistryError } from '../../../src/errors.ts'
import type { ImageConfig } from '../../../src/oci/container/config.ts'
import type { Manifest } from '../../../src/oci/manifest.ts'
import { layoutViolations } from '../../../src/oci/store/validate.ts'
import { coded } from '../../support/coded.ts'
import { type WrapRequest, wrapDisk } from '../../support/wrapped.ts'
import { sampleBase } from '../oci/samplebase.ts'

async function workspace(content: string = 'a disk') {
  const folder = await mkdtempDisposable(join(tmpdir(), 'wrap-'))
  const path = join(folder.path, 'x.qcow2')
  await writeFile(path, content)
  const request: WrapRequest = {
    disk: path,
    pathInImage: '/disk/x.qcow2',
    platform: { os: 'linux', architecture: 'amd64' },
    changes: { env: { A: 'b' } },
    annotations: { 'org.example.a': 'b' },
    title: 'x',
    version: '1',
    compression: { algorithm: 'gzip' },
    epochSeconds: 1767323045,
    layoutFolder: join(folder.path, 'layout'),
  }
  const base = await sampleBase(join(folder.path, 'base'))
  const json = async <Value>(digest: string): Promise<Value> =>
    JSON.parse(await readFile(join(request.layoutFolder, 'blobs', 'sha256', digest.slice(7)), 'utf8'))
  return { request, base, json, path, [Symbol.asyncDispose]: async () => await folder.remove() }
}

describe('a wrapped disk', () => {
  it('leaves a valid layout of the disk alone', async () => {
    await using work = await workspace()
    const wrapped = await wrapDisk(work.request)
    expect(await layoutViolations(wrapped.layout)).toEqual([])
    const manifest = await work.json<Manifest>(wrapped.digest)
    expect(manifest.layers.map(({ digest }) => digest)).toEqual([wrapped.layer.digest])
    expect(await readdir(join(wrapped.layout, 'blobs', 'sha256'))).toHaveLength(3)
  })

  it('names the image in index.json with platform and reference', async () => {
    await using work = await workspace()
    const { descriptor, digest, reference } = await wrapDisk(work.request)
    const index = JSON.parse(await readFile(join(work.request.layoutFolder, 'index.json'), 'utf8'))
    expect(index.manifests).toEqual([descriptor])
    expect(descriptor).toMatchObject({
      digest,
      platform: { architecture: 'amd64', os: 'linux' },
      annotations: { 'org.opencontainers.image.ref.name': 'latest' },
    })
    expect(reference).toBe('latest')
  })

  it('puts the disk above the layers of a base', async () => {
    await using work = await workspace()
    const { base } = work
    const wrapped = await wrapDisk({ ...work.request, base })
    const manifest = await work.json<Manifest>(wrapped.digest)
    const config = await work.json<ImageConfig>(manifest.config.digest)
    expect(manifest.layers.slice(0, 3)).toEqual(base.manifest.layers)
    expect(config.config?.Env).toEqual(['PATH=/bin', 'BASE=yes', 'A=b'])
    expect(config.history?.at(-1)).toEqual({ created: '2026-01-02T03:04:05Z', created_by: 'kiwi-oci: /disk/x.qcow2' })
    expect(manifest.annotations?.['org.opencontainers.image.base.digest']).toBe(base.digest)
  })

  it('gives the same digest for the same disk, base, request and time', async () => {
    await using one = await workspace()
    await using other = await workspace()
    await utimes(other.path, 1, 1)
    const [first, second] = [
      await wrapDisk({ ...one.request, base: one.base }),
      await wrapDisk({ ...other.request, base: other.base }),
    ]
    expect(second.digest).toBe(first.digest)
  })

  it.each([
    ['disk', async () => await workspace('another disk'), {}],
    ['time', workspace, { epochSeconds: 1 }],
    ['config', workspace, { changes: {} }],
    ['annotation', workspace, { annotations: {} }],
    ['compression', workspace, { compression: { algorithm: 'none' } }],
  ] as const)('gives another digest for another %s', async (_, prepare, change) => {
    await using one = await workspace()
    await using other = await prepare()
    expect((await wrapDisk({ ...other.request, ...change })).digest).not.toBe((await wrapDisk(one.request)).digest)
  })

  it('can be repeated in the same layout', async () => {
    await using work = await workspace()
    const request = { ...work.request, base: work.base }
    expect(await wrapDisk(request)).toEqual(await wrapDisk(request))
  })

  it('refuses a base for another platform before it writes anything', async () => {
    await using work = await workspace()
    const platform = { os: 'linux', architecture: 'arm64' }
    await expect(wrapDisk({ ...work.request, base: work.base, platform })).rejects.toThrow(RegistryError)
    expect(await readdir(join(work.request.layoutFolder, 'blobs', 'sha256'))).toEqual([])
  })

  it('notices a corrupt blob of the base', async () => {
    await using work = await workspace()
    const [file = ''] = work.base.blobs.values()
    await truncate(file, 3)
    await expect(wrapDisk({ ...work.request, base: work.base })).rejects.toThrow(
      /is not a valid OCI image: layer sha256:.*has 3 bytes/,
    )
  })

  it('notices a base whose config lies about a layer', async () => {
    await using work = await workspace()
    const base = await sampleBase(join(work.path, '..', 'other'), {
      rootfs: { type: 'layers', diff_ids: [...work.base.config.rootfs.diff_ids].reverse() },
    })
    await expect(wrapDisk({ ...work.request, base })).rejects.toThrow(
      coded('image-damaged', /layer 1 holds the diff ID/),
    )
  })

  it('says which layer of the base is not there', async () => {
    await using work = await workspace()
    const base = { ...work.base, blobs: new Map() }
    await expect(wrapDisk({ ...work.request, base })).rejects.toThrow(ImageError)
  })

  it('stops when it is told to', async () => {
    await using work = await workspace()
    await expect(wrapDisk({ ...work.request, signal: AbortSignal.abort() })).rejects.toThrow(
      expect.objectContaining({ name: 'AbortError' }),
    )
  })
})
