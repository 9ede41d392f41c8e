import { createHash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { isZero } from './filebytes.ts'
import type { Range } from './range.ts'
import { usedGrains } from './ranges.ts'

const GRAIN_BYTES = 1024 * 1024

/**
 * A hash over a disk file from which its ids are made: the same content has the same ids, another has others. Zeros are
 * left out, so that holes cost nothing.
 *
 * @param from where in the file the disk begins; it goes to the file's end
 * @param masked what is taken for zeros: where the ids stand
 */
export async function contentHash(
  path: string,
  from: number,
  masked: readonly Range[],
  signal?: AbortSignal,
): Promise<Buffer> {
  const hash = createHash('sha256')
  const { size: sizeBytes } = await stat(path)
  const facts = { grainBytes: GRAIN_BYTES, sizeBytes, from, ...(signal === undefined ? {} : { signal }) }
  for await (const { offset, bytes } of usedGrains(path, facts)) {
    for (const mask of masked) {
      const first = Math.max(mask.offset - offset, 0)
      const end = Math.min(mask.offset + mask.length - offset, bytes.length)
      if (first < end) bytes.fill(0, first, end)
    }
    if (!isZero(bytes)) hash.update(`${offset - from} ${bytes.length}\n`).update(bytes)
  }
  return hash.digest()
}

/** The 16 bytes of an UUID that a hash stands for, in the order of its text: version 8, RFC 9562 section 5.8. */
export function uuidBytes(hash: Buffer, purpose: string): Buffer {
  const bytes = createHash('sha256').update(hash).update(purpose).digest().subarray(0, 16)
  bytes[6] = 0x80 | ((bytes[6] ?? 0) & 0x0f)
  bytes[8] = 0x80 | ((bytes[8] ?? 0) & 0x3f)
  return bytes
}

/** An UUID as Microsoft's GUIDs and VirtualBox store it: its first three parts with the lowest byte first. */
export function guidBytes(uuid: Buffer): Buffer {
  const bytes = Buffer.from(uuid)
  bytes.subarray(0, 4).reverse()
  bytes.subarray(4, 6).reverse()
  bytes.subarray(6, 8).reverse()
  return bytes
}
