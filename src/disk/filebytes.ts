import { type FileHandle, open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { runCommand } from '../command.ts'

/** Bytes of a file, the one at `end` not among them. */
export interface ByteRange {
  readonly start: number
  readonly end: number
}

const CHUNK_BYTES = 1024 * 1024
const ZEROS = Buffer.alloc(CHUNK_BYTES)

/** @param bytes at most a MiB */
export function isZero(bytes: Buffer): boolean {
  return bytes.equals(ZEROS.subarray(0, bytes.length))
}

/**
 * Where a file may have anything but zeros, ascending, as its file system tells: the rest are holes. Node cannot ask for
 * it (lseek(2), SEEK_DATA), qemu-img can.
 */
export async function dataRanges(path: string, signal?: AbortSignal): Promise<readonly ByteRange[]> {
  const args = ['map', '--output=json', '-f', 'raw', '--', resolve(path)]
  const { stdout } = await runCommand('qemu-img', args, signal === undefined ? {} : { signal })
  const extents = JSON.parse(stdout.toString()) as readonly { start: number; length: number; data: boolean }[]
  return extents.filter(({ data }) => data).map(({ start, length }) => ({ start, end: start + length }))
}

export interface Chunk {
  readonly start: number
  readonly bytes: Buffer
}

/** Reads part of a file in chunks of a MiB, the last of which is shorter; the file may end before the range does. */
export async function* chunksOf(file: FileHandle, range: ByteRange, signal?: AbortSignal): AsyncGenerator<Chunk> {
  for (let start = range.start; start < range.end; ) {
    signal?.throwIfAborted()
    const length = Math.min(CHUNK_BYTES, range.end - start)
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, start)
    if (bytesRead === 0) return
    yield { start, bytes: buffer.subarray(0, bytesRead) }
    start += bytesRead
  }
}

/**
 * Reads a file from a place on in chunks of a MiB, but none that is all zeros: the same content gives the same chunks,
 * wherever it has holes.
 */
export async function* contentChunks(path: string, from: number, signal?: AbortSignal): AsyncGenerator<Chunk> {
  const ranges = await dataRanges(path, signal)
  await using file = await open(path)
  const { size } = await file.stat()
  let next = from
  for (const { start, end } of ranges) {
    if (end <= next) continue
    const first = Math.max(next, from + Math.floor((start - from) / CHUNK_BYTES) * CHUNK_BYTES)
    next = Math.min(from + Math.ceil((end - from) / CHUNK_BYTES) * CHUNK_BYTES, size)
    for await (const chunk of chunksOf(file, { start: first, end: next }, signal)) {
      if (!isZero(chunk.bytes)) yield chunk
    }
  }
}

/** @throws Error where the file ends before */
export async function readAt(file: FileHandle, start: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, start)
  if (bytesRead !== length) throw new Error(`the disk ends before byte ${start + length}`)
  return buffer
}

export async function writeAt(file: FileHandle, start: number, bytes: Buffer): Promise<void> {
  await file.write(bytes, 0, bytes.length, start)
}

export async function writeZeros(file: FileHandle, range: ByteRange): Promise<void> {
  for (let { start } = range; start < range.end; start += CHUNK_BYTES) {
    await writeAt(file, start, ZEROS.subarray(0, Math.min(CHUNK_BYTES, range.end - start)))
  }
}
