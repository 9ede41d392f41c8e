import { type FileHandle, open } from 'node:fs/promises'
import { contentHash } from '../contentid.ts'
import { readAt, writeAt } from '../filebytes.ts'

const SECTOR_BYTES = 512
/** QEMU block/vmdk.c `VMDK4Header`, VMware's SparseExtentHeader; numbers are little-endian and in sectors. */
const MAGIC = 'KDMV'
const HEADER_BYTES = 512
const CAPACITY_AT = 12
const GRAIN_AT = 20
const DESCRIPTOR_AT = 28
const DESCRIPTOR_SIZE_AT = 36
const TABLE_ENTRIES_AT = 44
const DIRECTORY_AT = 56
/** Stands for "no parent". */
const NO_CID = 0xffff_ffff

/**
 * Replaces the random content id (CID) that qemu-img writes into the descriptor of a vmdk by one of its content.
 *
 * @param start where in the file the vmdk begins; it goes to the file's end
 */
export async function stampVmdk(path: string, start: number, signal?: AbortSignal): Promise<void> {
  await using file = await open(path, 'r+')
  const header = await vmdkHeader(file, start)
  const at = start + sectors(header, DESCRIPTOR_AT)
  const length = sectors(header, DESCRIPTOR_SIZE_AT)
  const hash = await contentHash(path, start, [{ offset: at, length }], signal)
  const cid = hash.readUInt32BE(0) === NO_CID ? 0 : hash.readUInt32BE(0)
  const text = (await readAt(file, at, length)).toString('latin1').replace(/\0.*$/s, '')
  const line = `CID=${cid.toString(16).padStart(8, '0')}`
  const stamped = Buffer.alloc(length)
  if (stamped.write(text.replace(/^CID=.*$/m, line), 'latin1') >= length) throw new Error('the descriptor is full')
  await writeAt(file, at, stamped)
}

/** How much of a vmdk's virtual size has content, in bytes: its grains that are there. */
export async function populatedBytes(file: FileHandle, start: number): Promise<number> {
  const header = await vmdkHeader(file, start)
  const entries = header.readUInt32LE(TABLE_ENTRIES_AT)
  const grainBytes = sectors(header, GRAIN_AT)
  const tables = Math.ceil(sectors(header, CAPACITY_AT) / grainBytes / entries)
  const directory = await readAt(file, start + sectors(header, DIRECTORY_AT), tables * 4)
  let grains = 0
  for (let index = 0; index < tables; index += 1) {
    const table = await readAt(file, start + directory.readUInt32LE(index * 4) * SECTOR_BYTES, entries * 4)
    for (let entry = 0; entry < entries; entry += 1) grains += table.readUInt32LE(entry * 4) > 1 ? 1 : 0
  }
  return grains * grainBytes
}

async function vmdkHeader(file: FileHandle, start: number): Promise<Buffer> {
  const header = await readAt(file, start, HEADER_BYTES)
  if (header.toString('latin1', 0, MAGIC.length) !== MAGIC) throw new Error('qemu-img wrote a vmdk without a header')
  return header
}

function sectors(header: Buffer, at: number): number {
  return Number(header.readBigUInt64LE(at)) * SECTOR_BYTES
}
