import { open } from 'node:fs/promises'
import { DescriptionError } from '../../errors.ts'
import { contentHash, guidBytes, uuidBytes } from '../contentid.ts'
import { isZero, readAt, writeAt } from '../filebytes.ts'

/** Microsoft, "Virtual Hard Disk Image Format Specification", Hard Disk Footer Format; numbers are big-endian. */
const FOOTER_BYTES = 512
const COOKIE = 'conectix'
const TIME_AT = 24
/** Current size, in bytes. */
const SIZE_AT = 48
const TYPE_AT = 60
const FIXED = 2
const DYNAMIC = 3
const CHECKSUM_AT = 64
const UUID_AT = 68
const UUID_BYTES = 16
/** 2000-01-01, from which the format counts seconds. */
const TIME_ZERO = 946_684_800
const LAST_TIME = 2 ** 32 - 1

/** kiwi/storage/subformat/vhdfixed.py `_write_vhd_tag` */
const TAG_AT = 64 * 1024
const TAG_BYTES = 512

/**
 * Replaces the time and the random id that qemu-img puts into a VHD, of either kind, by the given time and an id of its
 * content.
 *
 * @returns what a machine sees, in bytes: of a fixed VHD only its footer says so, for qemu-img takes a guest's sector 0
 *   that begins like a footer for the header of a dynamic one (QEMU block/vpc.c `vpc_open`)
 */
export async function stampVhd(path: string, epochSeconds: number, signal?: AbortSignal): Promise<number> {
  await using file = await open(path, 'r+')
  const { size } = await file.stat()
  const footerAt = size - FOOTER_BYTES
  const footer = await readAt(file, footerAt, FOOTER_BYTES)
  if (footer.toString('latin1', 0, COOKIE.length) !== COOKIE) throw new Error('qemu-img wrote a VHD without a footer')
  const type = footer.readUInt32BE(TYPE_AT)
  if (type !== FIXED && type !== DYNAMIC) throw new Error(`qemu-img wrote a VHD of the type ${type}`)
  // A dynamic one begins with a copy of it.
  const places = type === DYNAMIC ? [0, footerAt] : [footerAt]
  const masked = places.flatMap((at) => [
    { offset: at + TIME_AT, length: 4 },
    { offset: at + CHECKSUM_AT, length: UUID_AT + UUID_BYTES - CHECKSUM_AT },
  ])
  const hash = await contentHash(path, 0, masked, signal)
  footer.writeUInt32BE(Math.min(Math.max(epochSeconds - TIME_ZERO, 0), LAST_TIME), TIME_AT)
  uuidBytes(hash, 'vhd').copy(footer, UUID_AT)
  footer.writeUInt32BE(0, CHECKSUM_AT)
  footer.writeUInt32BE(onesComplement(footer), CHECKSUM_AT)
  for (const at of places) await writeAt(file, at, footer)
  return Number(footer.readBigUInt64BE(SIZE_AT))
}

function onesComplement(bytes: Buffer): number {
  return ~bytes.reduce((sum, byte) => sum + byte, 0) >>> 0
}

/**
 * Writes the tag that Azure's marketplace looks for, as KIWI does: 512 bytes at 64 KiB that begin with the GUID.
 *
 * @param tag `XXXXXXXX-XXXX-XXXX-XXXX-XXXXXXXXXXXX`
 * @throws DescriptionError where the disk has something of its own there, which KIWI writes over
 */
export async function writeVhdTag(path: string, tag: string): Promise<void> {
  await using file = await open(path, 'r+')
  const bytes = Buffer.alloc(TAG_BYTES)
  guidBytes(Buffer.from(tag.replaceAll('-', ''), 'hex')).copy(bytes)
  const { size } = await file.stat()
  if (size < TAG_AT + TAG_BYTES + FOOTER_BYTES) throw refused('the disk ends before 64 KiB')
  const before = await readAt(file, TAG_AT, TAG_BYTES)
  if (!isZero(before) && !before.equals(bytes)) throw refused('the disk holds data there, its boot loader perhaps')
  await writeAt(file, TAG_AT, bytes)
}

function refused(reason: string): DescriptionError {
  const text = `the tag of a fixed VHD stands at 64 KiB, and ${reason}: leave the attribute out`
  return new DescriptionError([{ where: 'vhdfixedtag', text }])
}
