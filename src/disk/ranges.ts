import { open, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { runCommand } from '../command.ts'
import { changedDisk } from '../oci/layer/filestate.ts'
import { type Chunk, chunksOf, isZero } from './filebytes.ts'
import { addRange, joinedRanges, type Range } from './range.ts'

export interface RangeFacts {
  /** Of the file. */
  readonly sizeBytes: number
  readonly signal?: AbortSignal
}

export interface GrainFacts extends RangeFacts {
  /** A divisor of a MiB. */
  readonly grainBytes: number
  /** Where in the file the first grain begins. */
  readonly from?: number
}

/**
 * Where a file is no hole, in order, as its file system tells, which is more than what is not zero. Node cannot ask for
 * it (lseek(2), SEEK_DATA), qemu-img can.
 *
 * @throws HostError where the file is shorter than it was
 */
export async function allocatedRanges(path: string, { sizeBytes, signal }: RangeFacts): Promise<readonly Range[]> {
  const args = ['map', '--output=json', '-f', 'raw', '--', resolve(path)]
  const { stdout } = await runCommand('qemu-img', args, signal === undefined ? {} : { signal })
  // What it no longer has would be taken for a hole.
  if ((await stat(path)).size < sizeBytes) throw changedDisk(path)
  const entries = JSON.parse(stdout.toString()) as readonly { start: number; length: number; data: boolean }[]
  const ranges = entries.filter(({ data }) => data).map(({ start, length }) => ({ offset: start, length }))
  return wholeGrains(ranges, { grainBytes: 1, sizeBytes })
}

/**
 * Reads a file grain by grain, but none that is all zeros: the same content gives the same grains, wherever it has holes.
 * The last one ends with the file. The bytes hold until the next grain is asked for.
 *
 * @throws HostError where the file is shorter than it was
 */
export async function* usedGrains(path: string, facts: GrainFacts): AsyncGenerator<Chunk> {
  const { grainBytes, signal } = facts
  const ranges = wholeGrains(await allocatedRanges(path, facts), facts)
  await using file = await open(path)
  for (const range of ranges) {
    for await (const { offset, bytes } of chunksOf(file, range, { reused: true, ...(signal ? { signal } : {}) })) {
      for (let at = 0; at < bytes.length; at += grainBytes) {
        const grain = bytes.subarray(at, at + grainBytes)
        if (!isZero(grain)) yield { offset: offset + at, bytes: grain }
      }
    }
  }
}

/** The grains of a file that hold anything but zeros, neighbours as one. Two files of the same bytes have the same. */
export async function usedRanges(path: string, facts: GrainFacts): Promise<readonly Range[]> {
  const used: Range[] = []
  for await (const { offset, bytes } of usedGrains(path, facts)) addRange(used, { offset, length: bytes.length })
  return used
}

/** Ranges widened to whole grains, as far as these are in the file. */
function wholeGrains(ranges: readonly Range[], facts: GrainFacts): readonly Range[] {
  const { grainBytes, sizeBytes, from = 0 } = facts
  const widened = ranges.map(({ offset, length }) => {
    const start = from + Math.max(0, Math.floor((offset - from) / grainBytes)) * grainBytes
    const end = from + Math.ceil((offset + length - from) / grainBytes) * grainBytes
    return { offset: start, length: Math.min(end, sizeBytes) - start }
  })
  return joinedRanges(widened.filter(({ length }) => length > 0))
}
