import { open, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { spaceError } from '../../errors.ts'
import { ZstdError, zstdFrameChunks } from './zstdframes.ts'

/** How a whole archive is packed. */
export type Packing = 'gzip' | 'zstd' | 'xz' | 'bzip2'

const MAGICS: readonly (readonly [Packing, string])[] = [
  // RFC 1952 2.3.1; RFC 8878 3.1.1; xz-file-format.txt 2.1.1.1; bzip2's own.
  ['gzip', '1f8b'],
  ['zstd', '28b52ffd'],
  ['xz', 'fd377a585a00'],
  ['bzip2', '425a68'],
]
const MAGIC_BYTES = 6
const CHUNK_BYTES = 1024 * 1024

/** How a file is packed, by its first bytes; undefined where it is not. */
export async function packingOf(path: string): Promise<Packing | undefined> {
  await using file = await open(path, 'r')
  const { buffer, bytesRead } = await file.read(Buffer.alloc(MAGIC_BYTES), 0, MAGIC_BYTES, 0)
  const head = buffer.toString('hex', 0, bytesRead)
  return MAGICS.find(([, magic]) => head.startsWith(magic))?.[0]
}

/** Broken content of what Node unpacks: its own codes, and what we say of frames of zstd. */
export function isUnpackingError(error: unknown): error is Error {
  if (error instanceof ZstdError) return true
  if (!(error instanceof Error)) return false
  const code = 'code' in error ? String(error.code) : ''
  return /^(Z_|ZSTD_|ERR_ZSTD|ERR_ZLIB)/.test(code)
}

/**
 * Reads what a packed file holds, of the two kinds that Node unpacks itself, in constant memory.
 *
 * @param use reads to the end or throws
 * @throws Error of the decompressor for broken content; AbortError after `signal`
 */
export async function readUnpacked(
  path: string,
  packing: 'gzip' | 'zstd',
  use: (content: AsyncIterable<Buffer>) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  await using file = await open(path, 'r')
  const packed = file.createReadStream({ autoClose: false, highWaterMark: CHUNK_BYTES, start: 0 })
  const buffers = { highWaterMark: CHUNK_BYTES, chunkSize: CHUNK_BYTES / 4 }
  const unpacking = packing === 'gzip' ? createGunzip(buffers) : createZstdDecompress(buffers)
  // Frame by frame, as Node needs it.
  const source = packing === 'gzip' ? packed : Readable.from(zstdFrameChunks(packed), { objectMode: false })
  await pipeline(source, unpacking, use, { ...(signal === undefined ? {} : { signal }) })
}

/** Writes what a packed file holds to `target`, which is not there yet. Throws what `readUnpacked` does, and HostError where the disk is full. */
export async function unpackFile(
  path: string,
  packing: 'gzip' | 'zstd',
  target: string,
  signal?: AbortSignal,
): Promise<void> {
  await readUnpacked(path, packing, (content) => written(content, target), signal)
}

async function written(content: AsyncIterable<Buffer>, target: string): Promise<void> {
  await writeFile(target, content, { flag: 'wx' }).catch((error: unknown) => {
    throw spaceError(error, dirname(target))
  })
}
