import type { FileHandle } from 'node:fs/promises'
import { HostError } from '../errors.ts'
import type { Range } from './range.ts'

const CHUNK_BYTES = 1024 * 1024
const ZEROS = Buffer.alloc(CHUNK_BYTES)

/** What of an open file reading takes. */
export type Readable = Pick<FileHandle, 'read'>

/** @param bytes at most a MiB */
export function isZero(bytes: Buffer): boolean {
  return bytes.equals(ZEROS.subarray(0, bytes.length))
}

export interface Chunk {
  readonly offset: number
  readonly bytes: Buffer
}

export interface ChunkOptions {
  /** Whether all chunks come in the same memory, each until the next is asked for. */
  readonly reused?: boolean
  readonly signal?: AbortSignal
}

/**
 * Reads part of a file in chunks of a MiB, the last of which is shorter.
 *
 * @throws HostError where the file ends before: it did not when the part was chosen
 */
export async function* chunksOf(
  file: Readable,
  range: Range,
  { reused = false, signal }: ChunkOptions = {},
): AsyncGenerator<Chunk> {
  const end = range.offset + range.length
  const memory = Buffer.allocUnsafe(reused ? Math.min(CHUNK_BYTES, range.length) : 0)
  for (let { offset } = range; offset < end; offset += CHUNK_BYTES) {
    signal?.throwIfAborted()
    const length = Math.min(CHUNK_BYTES, end - offset)
    const bytes = reused ? memory.subarray(0, length) : Buffer.allocUnsafe(length)
    if ((await filled(file, bytes, offset)) < length) {
      throw new HostError(
        'host-disk',
        'the disk became shorter while it was read',
        'end what writes to it, and try again',
      )
    }
    yield { offset, bytes }
  }
}

/** @throws Error where the file ends before */
export async function readAt(file: Readable, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length)
  if ((await filled(file, bytes, offset)) < length) throw new Error(`the disk ends before byte ${offset + length}`)
  return bytes
}

/** Reads until the bytes are full or the file ends: one read may give less than is asked for and there. @returns how many */
export async function filled(file: Readable, bytes: Buffer, offset: number): Promise<number> {
  let done = 0
  while (done < bytes.length) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, offset + done)
    if (bytesRead === 0) break
    done += bytesRead
  }
  return done
}

export async function writeAt(file: FileHandle, offset: number, bytes: Buffer): Promise<void> {
  await file.write(bytes, 0, bytes.length, offset)
}

export async function writeZeros(file: FileHandle, { offset, length }: Range): Promise<void> {
  for (let done = 0; done < length; done += CHUNK_BYTES) {
    await writeAt(file, offset + done, ZEROS.subarray(0, Math.min(CHUNK_BYTES, length - done)))
  }
}
