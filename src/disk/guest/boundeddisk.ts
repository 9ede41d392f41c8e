import { type GuestDisk, isWithin } from './guestdisk.ts'

const WINDOW_BYTES = 256 * 1024
/** A disk needs about ten: its start and end, and of each EFI system partition the tables, three folders and the files. */
const MOST_WINDOWS = 64

/** A disk of which no more than so much is read. */
export interface BoundedDisk extends GuestDisk {
  /** Whether more was asked for than is read of any disk: what was learned is then not all that there is. */
  isSpent(): boolean
}

/**
 * Reads a disk in whole windows, each once, and only so many: what lies close together costs one read, and a disk that is
 * made to be read for ever does not.
 */
export function boundedDisk(disk: GuestDisk): BoundedDisk {
  const { sizeBytes } = disk
  const windows = new Map<number, Buffer | undefined>()
  let spent = false
  const windowAt = async (start: number): Promise<Buffer | undefined> => {
    if (windows.has(start)) return windows.get(start)
    spent ||= windows.size >= MOST_WINDOWS
    if (spent) return undefined
    const bytes = await disk.read(start, Math.min(WINDOW_BYTES, sizeBytes - start))
    windows.set(start, bytes)
    return bytes
  }
  const read = async (offset: number, length: number): Promise<Buffer | undefined> => {
    if (!isWithin(sizeBytes, offset, length)) return undefined
    const pieces: Buffer[] = []
    for (let start = offset - (offset % WINDOW_BYTES); start < offset + length; start += WINDOW_BYTES) {
      const bytes = await windowAt(start)
      if (bytes === undefined) return undefined
      pieces.push(bytes.subarray(Math.max(0, offset - start), offset + length - start))
    }
    return Buffer.concat(pieces)
  }
  return { sizeBytes, read, isSpent: () => spent }
}
