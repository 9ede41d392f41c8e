import type { ByteSource } from '../../compress/source.ts'
import { compressed } from '../../compress/stream.ts'
import type { Digest } from '../digest.ts'
import { type Compression, methodOf } from '../packing/compression.ts'
import { writeBlob } from '../store/blob.ts'
import { DiskBytes, type DiskFile, type Frame } from './diskbytes.ts'
import { checkUnchanged, type FileState, fileState } from './filestate.ts'

export interface DiskBlob {
  /** Of the blob. */
  readonly digest: Digest
  /** Of the blob, in bytes. */
  readonly size: number
  /** Of what is in it, before compression. */
  readonly contentDigest: Digest
}

export interface BlobOptions {
  readonly compression: Compression
  /** The folder `blobs/sha256` of a layout. */
  readonly blobs: string
  /** How many threads compress; as many as the machine has processors, at most six, where left out. */
  readonly threads?: number
  readonly signal?: AbortSignal
}

const CHUNK_BYTES = 1024 * 1024

/**
 * Writes a disk as a blob: read once, compressed by several threads and hashed on the way, in constant memory. The blob
 * gets its name when it is whole; on an error or an abort nothing of it stays. Its bytes do not depend on the machine or
 * the number of threads.
 *
 * @param frameOf what stands round a disk of that many bytes; nothing where left out
 * @throws HostError when the disk file is no regular file, changes while it is read (or since it had `state`), or the
 *   disk is full; AbortError after `signal`; what `frameOf` throws; other errors of the file system are passed on
 */
export async function writeDiskBlob(
  file: DiskFile,
  options: BlobOptions,
  frameOf?: (sizeBytes: number) => Frame,
): Promise<DiskBlob> {
  const { compression, signal } = options
  signal?.throwIfAborted()
  const before = file.state ?? (await fileState(file.source))
  await using bytes = await DiskBytes.open(file, frameOf)
  const content = checked(blobContent(bytes, options), file.source, before)
  const isPlain = methodOf(compression) === undefined
  const { digest, sizeBytes } = await writeBlob(options.blobs, content, isPlain ? () => bytes.digest : undefined)
  return { digest, size: sizeBytes, contentDigest: bytes.digest }
}

function blobContent(source: DiskBytes, { compression, threads, signal }: BlobOptions): AsyncIterable<Uint8Array> {
  const method = methodOf(compression)
  if (method === undefined) return plainChunks(source, signal)
  const given = { ...(threads === undefined ? {} : { threads }), ...(signal === undefined ? {} : { signal }) }
  return compressed(source, method, given)
}

async function* plainChunks(source: ByteSource, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  const buffer = Buffer.allocUnsafe(CHUNK_BYTES)
  for (;;) {
    signal?.throwIfAborted()
    const length = await source.fill(buffer)
    if (length === 0) return
    yield buffer.subarray(0, length)
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
