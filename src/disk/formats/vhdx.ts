import { type FileHandle, open } from 'node:fs/promises'
import { contentHash, guidBytes, uuidBytes } from '../contentid.ts'
import { isZero, readAt, writeAt, writeZeros } from '../filebytes.ts'
import type { Range } from '../range.ts'

/** MS-VHDX: section 2.2 (layout, file identifier), 2.2.2 (headers), 2.3 (log), 2.6 (metadata); all little-endian. */
const KIBIBYTE = 1024
const CREATOR: Range = { offset: 8, length: 512 }
const HEADERS = [64 * KIBIBYTE, 128 * KIBIBYTE]
const HEADER_BYTES = 4096
const CHECKSUM_AT = 4
const SEQUENCE_AT = 8
const FILE_WRITE_GUID_AT = 16
const DATA_WRITE_GUID_AT = 32
const LOG_GUID_AT = 48
const LOG_LENGTH_AT = 68
const LOG_OFFSET_AT = 72
const REGION_TABLE = 192 * KIBIBYTE
const TABLE_BYTES = 64 * KIBIBYTE
const REGION_ENTRIES_AT = 16
const METADATA_ENTRIES_AT = 32
const ENTRY_BYTES = 32
const GUID_BYTES = 16
const METADATA_REGION = '06a27c8b90479a4bb8fe575f050f886e'
const PAGE_83_DATA = 'ab12cabee6b2234593efc309e000c746'

/**
 * Replaces what qemu-img writes at random or of itself into a VHDX by ids of its content: the ids and numbers of both
 * headers, the id of the disk, the name of the program, and the old entries of the log, which is empty.
 */
export async function stampVhdx(path: string, signal?: AbortSignal): Promise<void> {
  await using file = await open(path, 'r+')
  const headers = await Promise.all(HEADERS.map((at) => readAt(file, at, HEADER_BYTES)))
  const [first] = headers
  if (first?.toString('latin1', 0, 4) !== 'head') throw new Error('qemu-img wrote a VHDX without headers')
  if (headers.some((header) => !isZero(header.subarray(LOG_GUID_AT, LOG_GUID_AT + GUID_BYTES)))) {
    throw new Error('qemu-img wrote a VHDX with a log that is to be played')
  }
  const logAt = Number(first.readBigUInt64LE(LOG_OFFSET_AT))
  const log = { offset: logAt, length: first.readUInt32LE(LOG_LENGTH_AT) }
  const idAt = await diskIdPlace(file)
  const hash = await contentHash(path, 0, masks(log, idAt), signal)
  await writeAt(file, CREATOR.offset, creator())
  await writeZeros(file, log)
  await writeAt(file, idAt, guidBytes(uuidBytes(hash, 'vhdx disk')))
  // The higher number counts, and qemu-img begins at random.
  const [one, two] = headers.map((header) => header.readBigUInt64LE(SEQUENCE_AT))
  const numbers = (one ?? 0n) > (two ?? 0n) ? [2n, 1n] : [1n, 2n]
  for (const [index, header] of headers.entries()) {
    header.writeBigUInt64LE(numbers[index] ?? 0n, SEQUENCE_AT)
    guidBytes(uuidBytes(hash, 'vhdx file write')).copy(header, FILE_WRITE_GUID_AT)
    guidBytes(uuidBytes(hash, 'vhdx data write')).copy(header, DATA_WRITE_GUID_AT)
    header.writeUInt32LE(0, CHECKSUM_AT)
    header.writeUInt32LE(crc32c(header), CHECKSUM_AT)
    await writeAt(file, HEADERS[index] ?? 0, header)
  }
}

function masks(log: Range, idAt: number) {
  const ids = HEADERS.map((at) => ({ offset: at + CHECKSUM_AT, length: LOG_GUID_AT - CHECKSUM_AT }))
  return [CREATOR, log, { offset: idAt, length: GUID_BYTES }, ...ids]
}

/** UTF-16; qemu-img writes its version. */
function creator(): Buffer {
  const bytes = Buffer.alloc(CREATOR.length)
  bytes.write('kiwi-oci', 'utf16le')
  return bytes
}

/** Where the id of the disk stands ("Page 83 data"), found as a reader finds it: region table, metadata table, item. */
async function diskIdPlace(file: FileHandle): Promise<number> {
  const regions = await readAt(file, REGION_TABLE, TABLE_BYTES)
  const region = entryOf(regions, REGION_ENTRIES_AT, METADATA_REGION)
  const metadataAt = Number(region.readBigUInt64LE(GUID_BYTES))
  const items = await readAt(file, metadataAt, TABLE_BYTES)
  return metadataAt + entryOf(items, METADATA_ENTRIES_AT, PAGE_83_DATA).readUInt32LE(GUID_BYTES)
}

function entryOf(table: Buffer, from: number, guid: string): Buffer {
  for (let at = from; at + ENTRY_BYTES <= table.length; at += ENTRY_BYTES) {
    if (table.toString('hex', at, at + GUID_BYTES) === guid) return table.subarray(at, at + ENTRY_BYTES)
  }
  throw new Error('qemu-img wrote a VHDX without its metadata')
}

/** CRC-32C, RFC 3720 appendix B.4; that of Node's zlib has another polynomial. */
function crc32c(bytes: Buffer): number {
  let crc = 0xffff_ffff
  for (const byte of bytes) {
    crc ^= byte
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 1) === 0 ? crc >>> 1 : (crc >>> 1) ^ 0x82f6_3b78
  }
  return ~crc >>> 0
}
