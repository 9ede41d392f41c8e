import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { runCommand } from '../command.ts'

/** A run of bytes of a disk. */
export interface Range {
  readonly offset: number
  readonly length: number
}

const READ_BYTES = 2 * 1024 * 1024

/** Where a raw disk file is no hole, in order: what the file system says of it, which is more than what is not zero. */
export async function allocatedRanges(path: string, signal?: AbortSignal): Promise<readonly Range[]> {
  const args = ['map', '--output=json', '-f', 'raw', '--', resolve(path)]
  const { stdout } = await runCommand('qemu-img', args, signal ? { signal } : {})
  const entries = JSON.parse(stdout.toString()) as readonly { start: number; length: number; data: boolean }[]
  const ranges = entries.filter(({ data }) => data).map(({ start, length }) => ({ offset: start, length }))
  return joined(ranges)
}

/**
 * The clusters of a raw disk that hold anything but zeros, as ranges of whole clusters. Two files of the same bytes have
 * the same, however their holes lie.
 *
 * @param clusterBytes a divisor of 2 MiB
 * @param sizeBytes of the disk; the last cluster ends there
 */
export async function usedRanges(
  path: string,
  about: { readonly clusterBytes: number; readonly sizeBytes: number; readonly signal?: AbortSignal },
): Promise<readonly Range[]> {
  const { clusterBytes, sizeBytes, signal } = about
  const zeros = Buffer.alloc(clusterBytes)
  const buffer = Buffer.allocUnsafe(READ_BYTES)
  const used: Range[] = []
  await using file = await open(path, 'r')
  for (const range of wholeClusters(await allocatedRanges(path, signal), clusterBytes, sizeBytes)) {
    const end = range.offset + range.length
    for (let offset = range.offset; offset < end; offset += READ_BYTES) {
      signal?.throwIfAborted()
      const { bytesRead } = await file.read(buffer, 0, Math.min(READ_BYTES, end - offset), offset)
      for (let at = 0; at < bytesRead; at += clusterBytes) {
        const length = Math.min(clusterBytes, bytesRead - at)
        const isZero = zeros.compare(buffer, at, at + length, 0, length) === 0
        if (!isZero) add(used, { offset: offset + at, length })
      }
    }
  }
  return used
}

/** Ranges widened to whole clusters, in which two may meet or overlap. */
function wholeClusters(ranges: readonly Range[], clusterBytes: number, sizeBytes: number): readonly Range[] {
  return joined(
    ranges.map(({ offset, length }) => {
      const start = offset - (offset % clusterBytes)
      const end = Math.min(sizeBytes, Math.ceil((offset + length) / clusterBytes) * clusterBytes)
      return { offset: start, length: end - start }
    }),
  )
}

function joined(ranges: readonly Range[]): readonly Range[] {
  const result: Range[] = []
  for (const range of ranges) add(result, range)
  return result
}

/** Puts a range behind the others, which start before it, and joins it with the last one where they touch. */
function add(ranges: Range[], range: Range): void {
  const last = ranges.at(-1)
  if (last === undefined || last.offset + last.length < range.offset) ranges.push(range)
  else {
    const end = Math.max(last.offset + last.length, range.offset + range.length)
    ranges[ranges.length - 1] = { offset: last.offset, length: end - last.offset }
  }
}
