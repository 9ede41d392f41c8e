import type { Range } from '../range.ts'
import { gptEntries } from './gpt.ts'
import type { GuestDisk } from './guestdisk.ts'
import { type MbrEntry, mbrEntries, PROTECTIVE_TYPE } from './mbr.ts'

/** A partition as the disk's table has it. */
export interface Partition {
  /** From 1, as Linux counts. */
  readonly number: number
  /** The GUID of a GPT, else the two digits of a master boot record; in small letters. */
  readonly type: string
  /** Where it may be: a master boot record does not say how large its sectors are. */
  readonly places: readonly Range[]
}

const SECTOR_SIZES = [512, 4096]

/**
 * The partitions of a disk. A GPT holds where the master boot record stands for one or is missing; a record that has
 * other entries beside (a hybrid one) holds only where the GPT is broken, at both ends.
 */
export async function partitionsOf(disk: GuestDisk): Promise<readonly Partition[]> {
  const record = await mbrEntries(disk)
  if (record === undefined || record.some(({ type }) => type === PROTECTIVE_TYPE)) {
    const entries = await gptEntries(disk)
    if (entries !== undefined) return entries.map(({ place, ...entry }) => ({ ...entry, places: [place] }))
  }
  return (record ?? []).filter(({ type }) => type !== PROTECTIVE_TYPE).map(partition)
}

function partition({ number, type, start, sectors }: MbrEntry): Partition {
  const places = SECTOR_SIZES.map((size) => ({ offset: start * size, length: sectors * size }))
  return { number, type: type.toString(16).padStart(2, '0'), places }
}
