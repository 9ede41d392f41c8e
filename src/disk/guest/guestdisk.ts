import type { Range } from '../range.ts'

/** A disk as its machine sees it, or part of one, to be read wherever one likes. */
export interface GuestDisk {
  readonly sizeBytes: number
  /** @returns undefined where not all of them are there or can be read */
  read(offset: number, length: number): Promise<Buffer | undefined>
}

/** Part of a disk; as far as the disk goes, where it is said to be longer. */
export function diskPart(disk: GuestDisk, { offset, length }: Range): GuestDisk {
  const sizeBytes = Math.max(0, Math.min(length, disk.sizeBytes - offset))
  return {
    sizeBytes,
    read: async (at, count) => (isWithin(sizeBytes, at, count) ? disk.read(offset + at, count) : undefined),
  }
}

/** Whether a place in something of this size is all in it; none is that no number can tell. */
export function isWithin(sizeBytes: number, offset: number, length: number): boolean {
  return Number.isSafeInteger(offset) && offset >= 0 && length >= 0 && offset + length <= sizeBytes
}
