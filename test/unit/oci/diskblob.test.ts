import { execFile } from 'node:child_process'
import { mkdir, mkdtempDisposable, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { zstdDecompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { HostError } from '../../../src/errors.ts'
import { writeDiskBlob } from '../../../src/oci/layer/diskblob.ts'
import { writeSingleFileLayer } from '../../../src/oci/layer/filelayer.ts'
import { fileState } from '../../../src/oci/layer/filestate.ts'
import { sha256 } from './samplebase.ts'

const run = promisify(execFile)

async function workspace(content: Uint8Array | string) {
  const folder = await mkdtempDisposable(join(tmpdir(), 'oci-'))
  const [source, blobs] = [join(folder.path, 'disk.raw'), join(folder.path, 'blobs')]
  await writeFile(source, content)
  await mkdir(blobs)
  return {
    folder: folder.path,
    source,
    blobs,
    blob: async (digest: string) => await readFile(join(blobs, digest.slice(7))),
    names: async () => await readdir(blobs),
    [Symbol.asyncDispose]: async () => await folder.remove(),
  }
}

describe('writeDiskBlob', () => {
  it('writes the disk as it is', async () => {
    await using work = await workspace('a disk')
    const { blobs, source } = work
    const written = await writeDiskBlob({ source }, { blobs, compression: { algorithm: 'none' } })
    expect(written).toEqual({ digest: sha256('a disk'), size: 6, contentDigest: sha256('a disk') })
    expect((await work.blob(written.digest)).toString()).toBe('a disk')
    expect(await work.names()).toEqual([written.digest.slice(7)])
  })

  it('writes the disk compressed, and knows the digest of both', async () => {
    await using work = await workspace('a disk')
    const { blobs, source } = work
    const written = await writeDiskBlob({ source }, { blobs, compression: { algorithm: 'zstd' } })
    const blob = await work.blob(written.digest)
    expect(written).toEqual({ digest: sha256(blob), size: blob.length, contentDigest: sha256('a disk') })
    expect(zstdDecompressSync(blob).toString()).toBe('a disk')
  })

  it('writes what the file is to hold, where that is not what it holds', async () => {
    await using work = await workspace('a disk')
    const content = [
      { kind: 'bytes', bytes: Buffer.from('head ') },
      { kind: 'data', offset: 2, length: 4 },
      { kind: 'zeros', length: 2 },
    ] as const
    const options = { blobs: work.blobs, compression: { algorithm: 'none' } } as const
    const { digest } = await writeDiskBlob({ source: work.source, content }, options)
    expect((await work.blob(digest)).toString()).toBe('head disk\0\0')
  })

  it.each(['none', 'zstd'] as const)('writes an empty disk, %s', async (algorithm) => {
    await using work = await workspace('')
    const { blobs, source } = work
    const { digest, contentDigest } = await writeDiskBlob({ source }, { blobs, compression: { algorithm } })
    const blob = await work.blob(digest)
    expect([(algorithm === 'zstd' ? zstdDecompressSync(blob) : blob).length, contentDigest]).toEqual([0, sha256('')])
  })

  it('fails where the disk was written to since it was looked at, and leaves nothing', async () => {
    await using work = await workspace('a disk')
    const { blobs, source } = work
    const state = await fileState(source)
    await utimes(source, 5, 5)
    const writing = writeDiskBlob({ source, state }, { blobs, compression: { algorithm: 'zstd' } })
    await expect(writing).rejects.toThrow(HostError)
    expect(await work.names()).toEqual([])
  })
})

describe('writeSingleFileLayer', () => {
  const options = { name: 'x.qcow2.zst', epochSeconds: 1767323045, compression: { algorithm: 'zstd' } } as const

  it('is a tar of one header, with the disk compressed in it, and leaves nothing else', async () => {
    await using work = await workspace('a disk')
    const { blobs, source, folder } = work
    const layer = await writeSingleFileLayer({ source }, { ...options, blobs })
    const path = join(blobs, layer.digest.slice(7))
    expect(layer).toEqual({
      mediaType: 'application/vnd.oci.image.layer.v1.tar',
      digest: sha256(await readFile(path)),
      diffID: layer.digest,
      size: (await stat(path)).size,
    })
    const env = { ...process.env, TZ: 'UTC' }
    const { stdout } = await run('tar', ['--numeric-owner', '-tvf', path], { env })
    expect(stdout.trim().split(/\s+/)).toEqual([
      ...['-rw-r--r--', '0/0', expect.any(String), '2026-01-02', '03:04', 'x.qcow2.zst'],
    ])
    await run('tar', ['-C', folder, '-xf', path])
    expect(zstdDecompressSync(await readFile(join(folder, 'x.qcow2.zst'))).toString()).toBe('a disk')
    expect(await work.names()).toEqual([layer.digest.slice(7)])
  })

  it('leaves nothing where the disk is none', async () => {
    await using work = await workspace('a disk')
    const { blobs } = work
    await expect(writeSingleFileLayer({ source: blobs }, { ...options, blobs })).rejects.toThrow(HostError)
    expect(await work.names()).toEqual([])
  })

  it('stops when it is told to, and leaves nothing', async () => {
    await using work = await workspace('a disk')
    const { blobs, source } = work
    const writing = writeSingleFileLayer({ source }, { ...options, blobs, signal: AbortSignal.abort() })
    await expect(writing).rejects.toThrow(expect.objectContaining({ name: 'AbortError' }))
    expect(await work.names()).toEqual([])
  })
})
