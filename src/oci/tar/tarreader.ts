import { type PaxRecords, paxRecords } from './paxrecords.ts'
import type { TarSource } from './tarsource.ts'

/** One entry of a tar that others wrote; its content is passed over. */
export interface TarItem {
  /** As it stands there: maybe with a leading `./` or `/`, a folder's with or without a trailing slash. */
  readonly path: string
  readonly kind: 'file' | 'directory' | 'symlink' | 'link' | 'other'
  /** Of the content in the archive; of a sparse file fewer than the file has. */
  readonly sizeBytes: number
}

/** Why a tar cannot be read, as the end of a sentence. */
export class TarError extends Error {
  override readonly name = 'TarError'
}

const BLOCK_BYTES = 512
/** Of a header that stands for another one: Go's archive/tar has the same limit. */
const SPECIAL_LIMIT_BYTES = 1024 * 1024

const KINDS: ReadonlyMap<string, TarItem['kind']> = new Map([
  ['0', 'file'],
  ['\0', 'file'],
  ['7', 'file'],
  ['S', 'file'],
  ['1', 'link'],
  ['2', 'symlink'],
  ['5', 'directory'],
])
/** Types that have no content whatever their size says; Go's archive/tar `isHeaderOnly`, which unpacks layers everywhere. */
const HEADER_ONLY = '123456'

/** What headers before an entry say about it. */
interface Announced {
  readonly longName?: string
  readonly pax: PaxRecords
}

/**
 * The entries of a tar, in their order: v7, ustar, POSIX pax, old and new GNU, star; numbers in base 256, sparse files.
 * The source is read to the end of the archive and no further.
 *
 * @throws TarError when it is cut, a checksum is wrong, or a header makes no sense
 */
export async function* tarItems(source: TarSource): AsyncGenerator<TarItem> {
  let global: PaxRecords = new Map()
  let announced: Announced = { pax: new Map() }
  for (let number = 1; ; number++) {
    const header = await nextHeader(source, number)
    if (header === undefined) return
    const type = String.fromCharCode(header[156] ?? 0)
    if (type === 'x' || type === 'g' || type === 'L' || type === 'K') {
      const special = await specialContent(source, header, number)
      if (type === 'g') global = new Map([...global, ...paxRecords(special, failure(number))])
      else if (type === 'x') announced = { ...announced, pax: paxRecords(special, failure(number)) }
      else if (type === 'L') announced = { ...announced, longName: cString(special) }
      continue
    }
    const pax = new Map([...global, ...announced.pax])
    const item = itemOf(header, { ...announced, pax }, number)
    announced = { pax: new Map() }
    yield item
    if (type === 'S') await skipSparseMap(source, header, number)
    if (!(await source.skip(item.sizeBytes))) throw failure(number)('its content is cut')
    // Archives that were never closed end here, umoci's insert makes them; Go's reader takes them too.
    await source.skip(padded(item.sizeBytes) - item.sizeBytes)
  }
}

/** The next header; undefined at the end: a block of zeros, or no more bytes. */
async function nextHeader(source: TarSource, number: number): Promise<Buffer | undefined> {
  const header = await source.read(BLOCK_BYTES)
  if (header.length === 0) return undefined
  if (header.length < BLOCK_BYTES) throw failure(number)('its header is cut')
  if (header.some((byte) => byte !== 0)) {
    checkSum(header, number)
    return header
  }
  const second = await source.read(BLOCK_BYTES)
  // GNU tar takes a single block of zeros for the end as well, Go only where nothing follows.
  if (second.some((byte) => byte !== 0)) throw failure(number)('a block of zeros stands in the middle')
  return undefined
}

/** Signed sums are those of old Suns. */
function checkSum(header: Buffer, number: number): void {
  let unsigned = 8 * 32
  let signed = 8 * 32
  for (let at = 0; at < BLOCK_BYTES; at++) {
    if (at >= 148 && at < 156) continue
    unsigned += header.readUInt8(at)
    signed += header.readInt8(at)
  }
  const wanted = octal(header.subarray(148, 156))
  if (wanted !== unsigned && wanted !== signed) throw failure(number)('the checksum of its header is wrong')
}

async function specialContent(source: TarSource, header: Buffer, number: number): Promise<Buffer> {
  const sizeBytes = numberAt(header, 124, 12, number)
  if (sizeBytes > SPECIAL_LIMIT_BYTES) throw failure(number)(`its extended header has ${sizeBytes} bytes`)
  const content = await source.read(padded(sizeBytes))
  if (content.length < padded(sizeBytes)) throw failure(number)('its extended header is cut')
  return content.subarray(0, sizeBytes)
}

function itemOf(header: Buffer, { longName, pax }: Announced, number: number): TarItem {
  const type = String.fromCharCode(header[156] ?? 0)
  const path = pax.get('GNU.sparse.name') || pax.get('path') || longName || ownPath(header)
  const given = pax.get('size')
  const announcedBytes = given ? decimal(given, number) : numberAt(header, 124, 12, number)
  // Before ustar a folder was a file whose name ends with a slash.
  const isOldFolder = type === '\0' && path.endsWith('/')
  const kind = isOldFolder ? 'directory' : (KINDS.get(type) ?? 'other')
  return { path, kind, sizeBytes: HEADER_ONLY.includes(type) ? 0 : announcedBytes }
}

/** The name in the header itself; GNU's has other things in place of ustar's prefix, star's ends earlier. */
function ownPath(header: Buffer): string {
  const name = cString(header.subarray(0, 100))
  if (header.toString('latin1', 257, 263) !== 'ustar\0') return name
  const isStar = header.toString('latin1', 508, 512) === 'tar\0'
  const prefix = cString(header.subarray(345, isStar ? 476 : 500))
  return prefix === '' ? name : `${prefix}/${name}`
}

/** Old GNU: where a map of holes does not fit the header, blocks of it follow; tar.h `struct sparse_header`. */
async function skipSparseMap(source: TarSource, header: Buffer, number: number): Promise<void> {
  for (let more = header[482]; more !== 0; ) {
    const block = await source.read(BLOCK_BYTES)
    if (block.length < BLOCK_BYTES) throw failure(number)('its map of holes is cut')
    more = block[504]
  }
}

function numberAt(header: Buffer, at: number, length: number, number: number): number {
  const field = header.subarray(at, at + length)
  const value = ((field[0] ?? 0) & 0x80) === 0 ? octal(field) : base256(field)
  if (!Number.isSafeInteger(value) || value < 0) throw failure(number)('the size in its header is no number')
  return value
}

/** NaN where it is none; an empty field is 0. */
function octal(field: Buffer): number {
  const digits = cString(field).trim()
  if (digits === '') return 0
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN
}

/** GNU's way for large numbers; the second bit is the sign. */
function base256(field: Buffer): number {
  const first = field[0] ?? 0
  if ((first & 0x40) !== 0) return Number.NaN
  return field.subarray(1).reduce((value, byte) => value * 256 + byte, first & 0x3f)
}

function decimal(text: string, number: number): number {
  const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (!Number.isSafeInteger(value)) throw failure(number)('the size in its extended header is no number')
  return value
}

function cString(field: Buffer): string {
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end < 0 ? field.length : end)
}

function padded(sizeBytes: number): number {
  return Math.ceil(sizeBytes / BLOCK_BYTES) * BLOCK_BYTES
}

function failure(number: number): (reason: string) => TarError {
  return (reason) => new TarError(`entry ${number}: ${reason}`)
}
