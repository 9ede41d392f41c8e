import type { Range } from '../range.ts'

/** A file in a tar archive that we write ourselves: a disk for Google, an appliance. */
export interface ArchiveMember {
  /** ASCII, at most 100 characters. */
  readonly name: string
  readonly sizeBytes: number
  readonly mtimeSeconds: number
}

export const BLOCK_BYTES = 512
/** Octal digits in fields of 12 bytes. */
const OCTAL_LIMIT = 8 ** 11
const NAME_AT = 0
const MODE_AT = 100
const UID_AT = 108
const GID_AT = 116
const SIZE_AT = 124
const MTIME_AT = 136
const CHECKSUM_AT = 148
const TYPE_AT = 156
const MAGIC_AT = 257
/** GNU tar manual, "Basic Tar Format", `oldgnu_header` and `sparse_header`. */
const SPARSE_AT = 386
const SPARSE_ENTRIES = 4
const EXTENDED_AT = 482
const REAL_SIZE_AT = 483
const MORE_ENTRIES = 21
const MORE_EXTENDED_AT = 504
const ENTRY_BYTES = 24

/**
 * The header of a plain member, POSIX ustar (IEEE 1003.1, pax, "ustar Interchange Format"); a size from 8 GiB on stands
 * in base 256, as GNU tar writes and reads it, and VMware and VirtualBox read it.
 */
export function memberHeader(member: ArchiveMember): Buffer {
  return signed(block(member, '0', 'ustar\0' + '00'))
}

/** The header of a plain member in the old GNU format. */
export function oldGnuHeader(member: ArchiveMember): Buffer {
  return signed(block(member, '0', 'ustar  \0'))
}

/**
 * The header blocks of a sparse member in the old GNU format; the bytes of its content follow, one after the other.
 *
 * @param member with the size that the file has when it is unpacked
 * @param content ascending; whatever is between is zero
 */
export function sparseHeader(member: ArchiveMember, content: readonly Range[]): Buffer {
  const stored = content.reduce((sum, { length }) => sum + length, 0)
  // The end of the file is an entry of its own, as GNU tar writes it where a hole is last.
  const map = [...content, { offset: member.sizeBytes, length: 0 }]
  const header = block({ ...member, sizeBytes: stored }, 'S', 'ustar  \0')
  for (const [index, range] of map.slice(0, SPARSE_ENTRIES).entries()) putRange(header, SPARSE_AT, index, range)
  putNumber(header, REAL_SIZE_AT, member.sizeBytes)
  header[EXTENDED_AT] = map.length > SPARSE_ENTRIES ? 1 : 0
  const blocks = [signed(header)]
  for (let from = SPARSE_ENTRIES; from < map.length; from += MORE_ENTRIES) {
    const more = Buffer.alloc(BLOCK_BYTES)
    for (const [index, range] of map.slice(from, from + MORE_ENTRIES).entries()) putRange(more, 0, index, range)
    more[MORE_EXTENDED_AT] = map.length > from + MORE_ENTRIES ? 1 : 0
    blocks.push(more)
  }
  return Buffer.concat(blocks)
}

/** A size with what is missing to whole blocks. */
export function paddedSize(sizeBytes: number): number {
  return Math.ceil(sizeBytes / BLOCK_BYTES) * BLOCK_BYTES
}

/** The end of an archive. */
export function archiveEnd(): Buffer {
  return Buffer.alloc(2 * BLOCK_BYTES)
}

function block(member: ArchiveMember, type: '0' | 'S', magic: string): Buffer {
  const header = Buffer.alloc(BLOCK_BYTES)
  header.write(member.name, NAME_AT, 'latin1')
  header.write('0000644\0', MODE_AT, 'latin1')
  header.write('0000000\0', UID_AT, 'latin1')
  header.write('0000000\0', GID_AT, 'latin1')
  putNumber(header, SIZE_AT, member.sizeBytes)
  putNumber(header, MTIME_AT, member.mtimeSeconds)
  header.write(type, TYPE_AT, 'latin1')
  header.write(magic, MAGIC_AT, 'latin1')
  return header
}

function putRange(header: Buffer, from: number, index: number, range: Range): void {
  putNumber(header, from + index * ENTRY_BYTES, range.offset)
  putNumber(header, from + index * ENTRY_BYTES + ENTRY_BYTES / 2, range.length)
}

function putNumber(header: Buffer, at: number, value: number): void {
  if (value < OCTAL_LIMIT) {
    header.write(`${value.toString(8).padStart(11, '0')}\0`, at, 'latin1')
    return
  }
  header[at] = 0x80
  header.writeBigUInt64BE(BigInt(value), at + 4)
}

function signed(header: Buffer): Buffer {
  header.write(' '.repeat(8), CHECKSUM_AT, 'latin1')
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, CHECKSUM_AT, 'latin1')
  return header
}
