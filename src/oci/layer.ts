import { createHash, type Hash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { HostError } from '../errors.ts'
import { type Blob, writeBlob } from './blob.ts'
import { type Compression, compressor, layerMediaType } from './compression.ts'
import type { Digest } from './digest.ts'
import { diskEntries, tarEnd, tarHeader, tarPadding } from './tar.ts'

export interface Layer {
  readonly mediaType: string
  /** Of the blob. */
  readonly digest: Digest
  /** Of the tar in it. */
  readonly diffID: Digest
  /** Of the blob, in bytes. */
  readonly size: number
}

export interface LayerFile {
  /** The disk file on this machine. */
  readonly source: string
  /** Absolute path in the image. */
  readonly path: string
}

export interface LayerOptions {
  readonly compression: Compression
  /** Time of every entry. */
  readonly epochSeconds: number
  /** The folder `blobs/sha256` of a layout. */
  readonly blobs: string
  /** Whether layers lie below this one. */
  readonly hasBase: boolean
  readonly signal?: AbortSignal
}

const CHUNK_BYTES = 1024 * 1024
/** Read ahead of the compressor, so that reading, hashing and compressing overlap. */
const AHEAD_BYTES = 2 * CHUNK_BYTES

/**
 * Writes the layer with the disk: read once, framed as tar, compressed and hashed on the way, in constant memory. The
 * blob gets its name when it is whole and on the disk; on an error or an abort nothing of it stays.
 *
 * @throws HostError when the disk file is no regular file, changes while it is read, or the disk is full; ImageError for
 *   a path that cannot be in an image; AbortError after `signal`; other errors of the file system are passed on
 */
export async function writeDiskLayer(file: LayerFile, options: LayerOptions): Promise<Layer> {
  const { compression, signal } = options
  signal?.throwIfAborted()
  await using disk = await open(file.source, 'r')
  const diffHash = createHash('sha256')
  const tar = hashed(diskTar(disk, file, options), diffHash)
  let writing: Promise<Blob> | undefined
  try {
    await pipeline(
      Readable.from(tar, { objectMode: false, highWaterMark: AHEAD_BYTES }),
      compressor(compression),
      async (compressed: AsyncIterable<Buffer>) => {
        writing = writeBlob(options.blobs, compressed)
        await writing
      },
      { ...(signal === undefined ? {} : { signal }) },
    )
  } finally {
    // After an abort the writer may still be about to remove its temporary file.
    await writing?.catch(() => {})
  }
  if (writing === undefined) throw new Error('the pipeline ended without a blob')
  const { digest, sizeBytes } = await writing
  return { mediaType: layerMediaType(compression), digest, diffID: `sha256:${diffHash.digest('hex')}`, size: sizeBytes }
}

async function* diskTar(disk: FileHandle, file: LayerFile, options: LayerOptions): AsyncGenerator<Buffer> {
  const before = await disk.stat({ bigint: true })
  if (!before.isFile()) throw new HostError(`the disk ${file.source} is not a file`, 'give the path of a disk file')
  const sizeBytes = Number(before.size)
  const { epochSeconds, hasBase } = options
  const entries = diskEntries(file.path, { sizeBytes, mtimeSeconds: epochSeconds, hasBase })
  yield Buffer.concat(entries.map(tarHeader))
  yield* exactContent(disk, file.source, sizeBytes)
  const after = await disk.stat({ bigint: true })
  if (after.size !== before.size || after.mtimeNs !== before.mtimeNs) throw changed(file.source)
  yield Buffer.concat([tarPadding(sizeBytes), tarEnd()])
}

async function* exactContent(disk: FileHandle, source: string, sizeBytes: number): AsyncGenerator<Buffer> {
  for (let offset = 0; offset < sizeBytes; ) {
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, sizeBytes - offset))
    const { bytesRead } = await disk.read(buffer, 0, buffer.length, offset)
    if (bytesRead === 0) throw changed(source)
    yield buffer.subarray(0, bytesRead)
    offset += bytesRead
  }
}

async function* hashed(chunks: AsyncIterable<Buffer>, hash: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    hash.update(chunk)
    yield chunk
  }
}

function changed(source: string): HostError {
  return new HostError(
    `the disk ${source} changed while it was read`,
    'end what writes to it, a running VM perhaps, and try again',
  )
}
