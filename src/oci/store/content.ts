import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { Descriptor } from '../descriptor.ts'
import { type Digest, hashedChunks } from '../digest.ts'
import { DOCUMENT_LIMIT_BYTES } from '../document.ts'
import { mediaTypes } from '../manifest.ts'
import { decompressor } from '../packing/decompression.ts'
import { isUnpackingError } from '../packing/packing.ts'
import { zstdFrameChunks } from '../packing/zstdframes.ts'
import { TarError } from '../tar/tarreader.ts'

/** What a blob's file really holds. */
export interface Content {
  /** How the file contradicts its descriptor; empty when it does not. */
  readonly violations: readonly string[]
  /** Of what a layer decompresses to; undefined when it does not. */
  readonly diffID?: Digest
  /** Of a document. */
  readonly bytes?: Buffer
}

const CHUNK_BYTES = 1024 * 1024

/** Reads a manifest or config whole and checks it against its descriptor. */
export async function documentContent(path: string, descriptor: Descriptor): Promise<Content> {
  return await withBlob(path, descriptor, async (file) => {
    if (descriptor.size > DOCUMENT_LIMIT_BYTES) return { violations: ['is larger than 4 MiB'] }
    const chunks = await Array.fromAsync(fileChunks(file, descriptor.size))
    const bytes = Buffer.concat(chunks)
    return { violations: digestViolations(descriptor, sha256(chunks)), bytes }
  })
}

/** Reads nothing: whether the blob is there, with its size. */
export async function presentContent(path: string, descriptor: Descriptor): Promise<Content> {
  return await withBlob(path, descriptor, async () => ({ violations: [] }))
}

/** Reads a blob once, for its digest alone. */
export async function blobContent(path: string, descriptor: Descriptor, signal?: AbortSignal): Promise<Content> {
  return await withBlob(path, descriptor, async (file) => ({
    violations: digestViolations(descriptor, await fileSha256(file, descriptor.size, signal)),
  }))
}

/**
 * Reads a layer once: digest of the blob and of what it decompresses to.
 *
 * @param look reads the tar on the way, as far as it likes; a TarError of it is a violation
 */
export async function layerContent(
  path: string,
  descriptor: Descriptor,
  signal?: AbortSignal,
  look: (tar: AsyncIterable<Buffer>) => Promise<void> = async () => {},
): Promise<Content> {
  return await withBlob(path, descriptor, async (file) => {
    const decompressing = decompressor(descriptor.mediaType)
    if (decompressing === undefined) return { violations: [`has the media type ${descriptor.mediaType}, no OCI layer`] }
    const blobHash = createHash('sha256')
    const diffHash = createHash('sha256')
    let read = 0
    const hashed = async function* () {
      for await (const chunk of fileChunks(file, descriptor.size)) {
        blobHash.update(chunk)
        read += chunk.length
        yield chunk
      }
    }
    const isZstd = descriptor.mediaType === mediaTypes.layerZstd
    const chunks = Readable.from(isZstd ? zstdFrameChunks(hashed()) : hashed(), { objectMode: false })
    const hashing = async (tar: AsyncIterable<Buffer>) => {
      const hashedTar = hashedChunks(tar, diffHash)
      await look(hashedTar)
      for await (const _ of hashedTar);
    }
    try {
      await pipeline(chunks, decompressing, hashing, { ...(signal === undefined ? {} : { signal }) })
    } catch (error) {
      signal?.throwIfAborted()
      const isTar = error instanceof TarError
      if (!isTar && !isUnpackingError(error)) throw error
      const violation = isTar
        ? `is no valid tar (${error.message})`
        : `cannot be decompressed as ${descriptor.mediaType} (${error.message})`
      return { violations: [violation, ...digestViolations(descriptor, await fileSha256(file, descriptor.size))] }
    }
    // A gzip reader may end before padding that follows the last member.
    const digest: Digest =
      read === descriptor.size ? `sha256:${blobHash.digest('hex')}` : await fileSha256(file, descriptor.size)
    return { violations: digestViolations(descriptor, digest), diffID: `sha256:${diffHash.digest('hex')}` }
  })
}

/** Opens the blob as what it has to be: a regular file of the announced size, no link to elsewhere. */
async function withBlob(
  path: string,
  descriptor: Descriptor,
  look: (file: FileHandle) => Promise<Content>,
): Promise<Content> {
  try {
    // Non-blocking, so that a pipe in a blob's place cannot hold us.
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    const stat = await file.stat()
    if (!stat.isFile()) return { violations: ['is not a regular file'] }
    if (stat.size !== descriptor.size) return { violations: [`has ${stat.size} bytes instead of ${descriptor.size}`] }
    return await look(file)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT') return { violations: ['is missing'] }
    if (code === 'ELOOP' || code === 'ENXIO') return { violations: ['is not a regular file'] }
    throw error
  }
}

async function* fileChunks(file: FileHandle, sizeBytes: number): AsyncGenerator<Buffer> {
  for (let offset = 0; offset < sizeBytes; ) {
    const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, sizeBytes - offset))
    const { bytesRead } = await file.read(buffer, 0, buffer.length, offset)
    if (bytesRead === 0) return
    yield buffer.subarray(0, bytesRead)
    offset += bytesRead
  }
}

async function fileSha256(file: FileHandle, sizeBytes: number, signal?: AbortSignal): Promise<Digest> {
  const hash = createHash('sha256')
  // One buffer for all: many would wait for the collector, 64 MB of them at a time.
  const buffer = Buffer.allocUnsafe(Math.min(CHUNK_BYTES, sizeBytes))
  for (let offset = 0; offset < sizeBytes; ) {
    signal?.throwIfAborted()
    const { bytesRead } = await file.read(buffer, 0, Math.min(buffer.length, sizeBytes - offset), offset)
    if (bytesRead === 0) break
    hash.update(buffer.subarray(0, bytesRead))
    offset += bytesRead
  }
  return `sha256:${hash.digest('hex')}`
}

function sha256(chunks: readonly Buffer[]): Digest {
  const hash = createHash('sha256')
  for (const chunk of chunks) hash.update(chunk)
  return `sha256:${hash.digest('hex')}`
}

function digestViolations(descriptor: Descriptor, digest: Digest): readonly string[] {
  return digest === descriptor.digest ? [] : [`holds ${digest}`]
}
