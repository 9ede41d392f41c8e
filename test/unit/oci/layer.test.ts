import { appendFile, mkdir, mkdtempDisposable, readdir, readFile, truncate, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { fileState } from '../../../src/oci/layer/filestate.ts'
import { writeDiskLayer } from '../../../src/oci/layer/layer.ts'
import { coded } from '../../support/coded.ts'
import { sha256 } from './samplebase.ts'

const MIB = 1024 * 1024

async function workspace(content: Uint8Array | string) {
  const folder = await mkdtempDisposable(join(tmpdir(), 'oci-'))
  const [source, blobs] = [join(folder.path, 'disk.raw'), join(folder.path, 'blobs')]
  await writeFile(source, content)
  await mkdir(blobs)
  const options = { compression: { algorithm: 'gzip' }, epochSeconds: 1767323045, blobs, hasBase: false } as const
  return {
    file: { source, path: '/disk/x.raw' },
    options,
    names: async () => await readdir(blobs),
    [Symbol.asyncDispose]: async () => await folder.remove(),
  }
}

/** Calls back while the disk is read: after the first bytes of the blob have arrived. */
async function whileWriting(names: () => Promise<readonly string[]>, act: () => Promise<unknown> | undefined) {
  while ((await names()).length === 0) await new Promise((resolve) => setImmediate(resolve))
  await act()
}

describe('writeDiskLayer', () => {
  it('writes the blob under its digest and knows what the tar hashes to', async () => {
    await using work = await workspace('a disk')
    const layer = await writeDiskLayer(work.file, work.options)
    const blob = await readFile(join(work.options.blobs, layer.digest.slice(7)))
    expect(layer).toEqual({
      mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip',
      digest: sha256(blob),
      diffID: sha256(gunzipSync(blob)),
      size: blob.length,
    })
    expect(await work.names()).toEqual([layer.digest.slice(7)])
  })

  it('writes the same bytes whenever and from wherever the disk is read', async () => {
    await using one = await workspace('a disk')
    await using other = await workspace('a disk')
    await utimes(other.file.source, 1, 1)
    expect(await writeDiskLayer(other.file, other.options)).toEqual(await writeDiskLayer(one.file, one.options))
  })

  it('has the same diff ID for every compression', async () => {
    await using work = await workspace('a disk')
    const diffIDs = new Set<string>()
    for (const algorithm of ['gzip', 'zstd', 'none'] as const) {
      diffIDs.add((await writeDiskLayer(work.file, { ...work.options, compression: { algorithm } })).diffID)
    }
    expect(diffIDs.size).toBe(1)
  })

  it.each([
    ['grows', async (path: string) => await appendFile(path, 'more')],
    ['shrinks', async (path: string) => await truncate(path, 40 * MIB)],
    ['is written to', async (path: string) => await utimes(path, 5, 5)],
  ])('fails when the disk %s meanwhile, and leaves nothing', async (_, change) => {
    await using work = await workspace(Buffer.alloc(64 * MIB))
    const writing = writeDiskLayer(work.file, work.options)
    const changing = whileWriting(work.names, async () => await change(work.file.source))
    await expect(writing).rejects.toThrow(coded('host-disk', /changed while it was read: end what writes to it/))
    await changing
    expect(await work.names()).toEqual([])
  })

  it.each([
    ['grew', async (path: string) => await appendFile(path, 'more')],
    ['shrank', async (path: string) => await truncate(path, 512)],
    ['was written to', async (path: string) => await utimes(path, 5, 5)],
  ])('fails where the disk %s since its content was found, and leaves nothing', async (_, change) => {
    await using work = await workspace(Buffer.alloc(1024))
    const state = await fileState(work.file.source)
    await change(work.file.source)
    const content = [{ kind: 'data', offset: 0, length: 512 }] as const
    await expect(writeDiskLayer({ ...work.file, content, state }, work.options)).rejects.toThrow(
      /changed while it was read: end what writes to it/,
    )
    expect(await work.names()).toEqual([])
  })

  it('leaves nothing after an abort', async () => {
    await using work = await workspace(Buffer.alloc(64 * MIB))
    const controller = new AbortController()
    const writing = writeDiskLayer(work.file, { ...work.options, signal: controller.signal })
    const aborting = whileWriting(work.names, async () => controller.abort())
    await expect(writing).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }))
    await aborting
    expect(await work.names()).toEqual([])
  })

  it('does not begin after an abort', async () => {
    await using work = await workspace('a disk')
    await expect(writeDiskLayer(work.file, { ...work.options, signal: AbortSignal.abort() })).rejects.toThrow(
      expect.objectContaining({ name: 'AbortError' }),
    )
    expect(await work.names()).toEqual([])
  })

  it('refuses a disk that is no file', async () => {
    await using work = await workspace('a disk')
    const file = { ...work.file, source: work.options.blobs }
    await expect(writeDiskLayer(file, work.options)).rejects.toThrow(coded('host-disk', 'is not a file'))
    expect(await work.names()).toEqual([])
  })

  it('passes a missing disk on and leaves nothing', async () => {
    await using work = await workspace('a disk')
    await expect(writeDiskLayer({ ...work.file, source: `${work.file.source}-gone` }, work.options)).rejects.toThrow(
      'ENOENT',
    )
    expect(await work.names()).toEqual([])
  })
})
