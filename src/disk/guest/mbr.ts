import type { GuestDisk } from './guestdisk.ts'

/** An entry of a master boot record; UEFI specification 2.10, section 5.2.1. */
export interface MbrEntry {
  /** From 1, as Linux counts. */
  readonly number: number
  readonly type: number
  /** In sectors, of which the record does not say how large they are. */
  readonly start: number
  readonly sectors: number
}

/** The type of the entry that stands for a GPT; section 5.2.3. */
export const PROTECTIVE_TYPE = 0xee

const RECORD_BYTES = 512
const ENTRIES_AT = 446
const ENTRY_BYTES = 16
const SIGNATURE = 0xaa55

/** @returns the four primary partitions, as far as they are used; undefined where there is no master boot record */
export async function mbrEntries(disk: GuestDisk): Promise<readonly MbrEntry[] | undefined> {
  const record = await disk.read(0, RECORD_BYTES)
  if (record === undefined || record.readUInt16LE(RECORD_BYTES - 2) !== SIGNATURE) return undefined
  const entries = [1, 2, 3, 4].map((number) => {
    const entry = record.subarray(ENTRIES_AT + (number - 1) * ENTRY_BYTES)
    const [active, type] = [entry.readUInt8(0), entry.readUInt8(4)]
    return { number, active, type, start: entry.readUInt32LE(8), sectors: entry.readUInt32LE(12) }
  })
  // The boot sector of a file system has the same signature, and text or code here.
  if (entries.some(({ active }) => active !== 0 && active !== 0x80)) return undefined
  return entries.filter(({ type, start, sectors }) => type !== 0 && start > 0 && sectors > 0).map(plain)
}

function plain({ number, type, start, sectors }: MbrEntry): MbrEntry {
  return { number, type, start, sectors }
}
