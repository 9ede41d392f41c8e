import type { ByteSource } from '../../compress/source.ts'
import { compressed } from '../../compress/stream.ts'
import type { Digest } from '../digest.ts'
import { type Compression, layerMediaType, methodOf } from '../packing/compression.ts'
import { writeBlob } from '../store/blob.ts'
import { DiskTar, type LayerFile } from './disktar.ts'
import { checkUnchanged, type FileState, fileState } from './filestate.ts'

export interface Layer {
  readonly mediaType: string
  /** Of the blob. */
  readonly digest: Digest
  /** Of the tar in it. */
  readonly diffID: Digest
  /** Of the blob, in bytes. */
  readonly size: number
}

export interface LayerOptions {
  readonly compression: Compression
  /** Time of every entry. */
  readonly epochSeconds: number
  /** The folder `blobs/sha256` of a layout. */
  readonly blobs: string
  /** Whether layers lie below this one. */
  readonly hasBase: boolean
  /** How many threads compress; as many as the machine has processors, at most six, where left out. */
  readonly threads?: number
  readonly signal?: AbortSignal
}

const CHUNK_BYTES = 1024 * 1024

/**
 * Writes the layer with the disk: read once, framed as tar, compressed by several threads and hashed on the way, in
 * constant memory. The blob gets its name when it is whole; on an error or an abort nothing of it stays. Its bytes do not
 * depend on the machine or the number of threads.
 *
 * @throws HostError when the disk file is no regular file, changes while it is read (or since it had `state`), or the disk is full; ImageError for
 *   a path that cannot be in an image; AbortError after `signal`; other errors of the file system are passed on
 */
export async function writeDiskLayer(file: LayerFile, options: LayerOptions): Promise<Layer> {
  const { compression, signal } = options
  signal?.throwIfAborted()
  const before = file.state ?? (await fileState(file.source))
  await using tar = await DiskTar.open(file, options)
  const content = checked(blobContent(tar, options), file.source, before)
  const isPlain = methodOf(compression) === undefined
  const { digest, sizeBytes } = await writeBlob(options.blobs, content, isPlain ? () => tar.diffID : undefined)
  return { mediaType: layerMediaType(compression), digest, diffID: tar.diffID, size: sizeBytes }
}

function blobContent(tar: DiskTar, { compression, threads, signal }: LayerOptions): AsyncIterable<Uint8Array> {
  const method = methodOf(compression)
  if (method === undefined) return plainChunks(tar, signal)
  const given = { ...(threads === undefined ? {} : { threads }), ...(signal === undefined ? {} : { signal }) }
  return compressed(tar, method, given)
}

async function* plainChunks(source: ByteSource, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  const filled = async (buffer: Buffer) => buffer.subarray(0, await source.fill(buffer))
  const buffers = [Buffer.allocUnsafe(CHUNK_BYTES), Buffer.allocUnsafe(CHUNK_BYTES)] as const
  let next = filled(buffers[0])
  for (let at = 1; ; at = 1 - at) {
    const chunk = await next
    if (chunk.length === 0) return
    signal?.throwIfAborted()
    // Read while this one is written.
    next = filled(at === 0 ? buffers[0] : buffers[1])
    // Whoever writes may fail before this one is asked for.
    next.catch(() => {})
    yield chunk
  }
}

/** Fails at the end, before the blob gets its name, where the file is not what it was. */
async function* checked(
  content: AsyncIterable<Uint8Array>,
  source: string,
  before: FileState,
): AsyncGenerator<Uint8Array> {
  yield* content
  await checkUnchanged(source, before)
}
