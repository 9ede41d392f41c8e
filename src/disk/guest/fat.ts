import { diskPart, type GuestDisk } from './guestdisk.ts'

/** A FAT file system; Microsoft, "FAT32 File System Specification" 1.03. */
export interface FatVolume {
  readonly bytes: GuestDisk
  readonly bits: 12 | 16 | 32
  readonly clusterBytes: number
  /** The clusters have the numbers from 2 to this one. */
  readonly lastCluster: number
  /** In bytes, as what follows. */
  readonly tableAt: number
  readonly dataAt: number
  /** The root folder: a place of its own before FAT32, there a chain of clusters. */
  readonly root: { readonly offset: number; readonly length: number } | { readonly cluster: number }
}

/** The boot sector as far as all kinds have it in common, and FAT32's table and root. */
const BOOT_BYTES = 48
const ENTRY_BYTES = 32
const FIRST_CLUSTER = 2
/** What is no number of a cluster but its end is from here on. */
const END_MARKS = { 12: 0xff8, 16: 0xfff8, 32: 0x0ffffff8 } as const
/** Fewer clusters make a FAT12; section 3.5. */
const FAT16_CLUSTERS = 4085

/** @returns undefined where no FAT file system begins there that fits */
export async function fatVolume(bytes: GuestDisk): Promise<FatVolume | undefined> {
  const boot = await bytes.read(0, BOOT_BYTES)
  if (boot === undefined) return undefined
  const [sectorBytes, perCluster] = [boot.readUInt16LE(11), boot.readUInt8(13)]
  const [reserved, tables, rootEntries] = [boot.readUInt16LE(14), boot.readUInt8(16), boot.readUInt16LE(17)]
  const smallTable = boot.readUInt16LE(22)
  const tableSectors = smallTable || boot.readUInt32LE(36)
  const sectors = boot.readUInt16LE(19) || boot.readUInt32LE(32)
  if (![512, 1024, 2048, 4096].includes(sectorBytes) || perCluster === 0 || (perCluster & (perCluster - 1)) !== 0) {
    return undefined
  }
  if (reserved === 0 || tables === 0 || tableSectors === 0) return undefined
  const rootAt = (reserved + tables * tableSectors) * sectorBytes
  const rootBytes = rootEntries * ENTRY_BYTES
  const dataAt = rootAt + Math.ceil(rootBytes / sectorBytes) * sectorBytes
  const clusterBytes = perCluster * sectorBytes
  const clusters = Math.floor((sectors * sectorBytes - dataAt) / clusterBytes)
  if (clusters < 1) return undefined
  // Linux (fs/fat/inode.c) and EDK II take these for FAT32, however few clusters there are, and so mkfs.fat makes them.
  const bits = smallTable === 0 ? 32 : clusters < FAT16_CLUSTERS ? 12 : 16
  return {
    bytes: diskPart(bytes, { offset: 0, length: sectors * sectorBytes }),
    bits,
    clusterBytes,
    lastCluster: clusters + 1,
    tableAt: reserved * sectorBytes,
    dataAt,
    root: bits === 32 ? { cluster: boot.readUInt32LE(44) } : { offset: rootAt, length: rootBytes },
  }
}

/**
 * The content of a chain of clusters from its start on.
 *
 * @param mostBytes as soon as there are so many or more, the rest is not read: also of a chain that has no end
 * @returns undefined where it leads to what is no cluster
 */
export async function chainStart(volume: FatVolume, first: number, mostBytes: number): Promise<Buffer | undefined> {
  const { bytes, bits, clusterBytes, dataAt, lastCluster } = volume
  const pieces: Buffer[] = []
  let cluster = first
  for (let length = 0; length < mostBytes && cluster < END_MARKS[bits]; length += clusterBytes) {
    if (cluster < FIRST_CLUSTER || cluster > lastCluster) return undefined
    const piece = await bytes.read(dataAt + (cluster - FIRST_CLUSTER) * clusterBytes, clusterBytes)
    const next = await nextCluster(volume, cluster)
    if (piece === undefined || next === undefined) return undefined
    pieces.push(piece)
    cluster = next
  }
  return Buffer.concat(pieces)
}

async function nextCluster({ bytes, bits, tableAt }: FatVolume, cluster: number): Promise<number | undefined> {
  if (bits === 32) {
    const entry = await bytes.read(tableAt + cluster * 4, 4)
    // The four bits at the top are reserved.
    return entry === undefined ? undefined : entry.readUInt32LE(0) & 0x0fffffff
  }
  const at = bits === 16 ? cluster * 2 : cluster + (cluster >> 1)
  const entry = (await bytes.read(tableAt + at, 2))?.readUInt16LE(0)
  if (entry === undefined || bits === 16) return entry
  return cluster % 2 === 0 ? entry & 0xfff : entry >> 4
}
