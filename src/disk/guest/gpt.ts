import { crc32 } from 'node:zlib'
import type { Range } from '../range.ts'
import type { GuestDisk } from './guestdisk.ts'

/** An entry of a GUID partition table; UEFI specification 2.10, section 5.3.3. */
export interface GptEntry {
  /** From 1, as Linux counts. */
  readonly number: number
  /** The GUID of its type, in small letters. */
  readonly type: string
  readonly place: Range
}

const SIGNATURE = 'EFI PART'
const SECTOR_SIZES = [512, 4096]
const LEAST_HEADER_BYTES = 92
const LEAST_ENTRY_BYTES = 128
/** 128 entries of 128 bytes are usual, 16 KiB. */
const MOST_TABLE_BYTES = 1 << 20
const UNUSED = '00000000-0000-0000-0000-000000000000'

/**
 * The partitions of a disk's GUID partition table, of the backup at its end where the one at its start is broken.
 *
 * @returns undefined where neither is whole, by their checksums
 */
export async function gptEntries(disk: GuestDisk): Promise<readonly GptEntry[] | undefined> {
  const ends = SECTOR_SIZES.map((sectorBytes) => [sectorBytes, Math.floor(disk.sizeBytes / sectorBytes) - 1] as const)
  for (const [sectorBytes, sector] of [...SECTOR_SIZES.map((size) => [size, 1] as const), ...ends]) {
    const entries = await tableAt(disk, sectorBytes, sector)
    if (entries !== undefined) return entries
  }
  return undefined
}

async function tableAt(disk: GuestDisk, sectorBytes: number, sector: number): Promise<readonly GptEntry[] | undefined> {
  const header = await disk.read(sector * sectorBytes, sectorBytes)
  if (header === undefined || !isHeader(header, sector)) return undefined
  const [count, entryBytes] = [header.readUInt32LE(80), header.readUInt32LE(84)]
  if (entryBytes < LEAST_ENTRY_BYTES || count * entryBytes > MOST_TABLE_BYTES) return undefined
  const table = await disk.read(Number(header.readBigUInt64LE(72)) * sectorBytes, count * entryBytes)
  if (table === undefined || crc32(table) !== header.readUInt32LE(88)) return undefined
  return Array.from({ length: count }, (_, index) => {
    const entry = table.subarray(index * entryBytes, (index + 1) * entryBytes)
    const [first, last] = [Number(entry.readBigUInt64LE(32)), Number(entry.readBigUInt64LE(40))]
    const place = { offset: first * sectorBytes, length: (last - first + 1) * sectorBytes }
    return { number: index + 1, type: guidText(entry), place }
  }).filter(({ type, place }) => type !== UNUSED && place.length > 0)
}

function isHeader(sector: Buffer, number: number): boolean {
  if (sector.toString('latin1', 0, 8) !== SIGNATURE || sector.readBigUInt64LE(24) !== BigInt(number)) return false
  const headerBytes = sector.readUInt32LE(12)
  if (headerBytes < LEAST_HEADER_BYTES || headerBytes > sector.length) return false
  const header = Buffer.from(sector.subarray(0, headerBytes))
  return crc32(header.fill(0, 16, 20)) === sector.readUInt32LE(16)
}

/** Its first three parts are stored with the lowest byte first; appendix A. */
function guidText(bytes: Buffer): string {
  const numbers = [bytes.readUInt32LE(0), bytes.readUInt16LE(4), bytes.readUInt16LE(6)]
  const [low, middle, high] = numbers.map((part, index) => part.toString(16).padStart(index === 0 ? 8 : 4, '0'))
  return [low, middle, high, bytes.toString('hex', 8, 10), bytes.toString('hex', 10, 16)].join('-')
}
