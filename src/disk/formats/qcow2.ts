import type { Range } from '../range.ts'

/** What every QEMU since 1.1 makes and reads. */
export const CLUSTER_BYTES = 64 * 1024

/** A qcow2 file without a file: what stands before the disk's content, and then the content itself. */
export interface Qcow2Map {
  /** Header, refcounts and mapping. */
  readonly head: Buffer
  /** Clusters of the raw disk that follow, in order; the last one of the disk is filled up with zeros. */
  readonly data: readonly Range[]
  /** Of the whole file. */
  readonly sizeBytes: number
}

const L2_ENTRIES = CLUSTER_BYTES / 8
const REFCOUNTS_PER_BLOCK = CLUSTER_BYTES / 2
const HEADER_BYTES = 104
/** In an entry of L1 and L2: the cluster has one user and may be written in place. */
const COPIED = 1n << 63n

/**
 * Lays out a qcow2 (version 3, as `qemu-img convert -O qcow2` makes it) of plain clusters in the order of the disk, all
 * tables in front, so that it can be written in one pass; QEMU docs/interop/qcow2.rst.
 *
 * @param sizeBytes of the disk
 * @param used whole clusters that hold something, in order
 */
export function qcow2Map(sizeBytes: number, used: readonly Range[]): Qcow2Map {
  const dataClusters = used.reduce((total, { length }) => total + Math.ceil(length / CLUSTER_BYTES), 0)
  const l1Entries = Math.ceil(sizeBytes / CLUSTER_BYTES / L2_ENTRIES)
  const tables = new Set(used.flatMap(tablesOf))
  const l1Clusters = Math.max(1, Math.ceil((l1Entries * 8) / CLUSTER_BYTES))
  const { blocks, tableClusters } = refcountClusters(1 + l1Clusters + tables.size + dataClusters)
  const l1At = 1 + tableClusters + blocks
  const l2At = l1At + l1Clusters
  const dataAt = l2At + tables.size
  const head = Buffer.alloc(dataAt * CLUSTER_BYTES)
  writeHeader(head, { sizeBytes, l1Entries, l1At, tableClusters })
  for (let block = 0; block < blocks; block++) writeAddress(head, CLUSTER_BYTES + block * 8, 1 + tableClusters + block)
  const total = dataAt + dataClusters
  for (let cluster = 0; cluster < total; cluster++) {
    head.writeUInt16BE(1, (1 + tableClusters) * CLUSTER_BYTES + cluster * 2)
  }
  writeMapping(head, used, { l1At, l2At, dataAt })
  return { head, data: used, sizeBytes: total * CLUSTER_BYTES }
}

/** Numbers of the L2 tables that a range has entries in. */
function tablesOf({ offset, length }: Range): readonly number[] {
  const [first, last] = [offset, offset + length - 1].map((at) => Math.floor(at / CLUSTER_BYTES / L2_ENTRIES))
  return Array.from({ length: (last ?? 0) - (first ?? 0) + 1 }, (_, at) => (first ?? 0) + at)
}

/** Refcount blocks count themselves too, and their table. */
function refcountClusters(others: number): { readonly blocks: number; readonly tableClusters: number } {
  let blocks = 1
  let tableClusters = 1
  while (blocks * REFCOUNTS_PER_BLOCK < others + blocks + tableClusters) {
    blocks++
    tableClusters = Math.ceil((blocks * 8) / CLUSTER_BYTES)
  }
  return { blocks, tableClusters }
}

function writeHeader(
  head: Buffer,
  about: {
    readonly sizeBytes: number
    readonly l1Entries: number
    readonly l1At: number
    readonly tableClusters: number
  },
): void {
  head.write('QFI\xfb', 0, 'latin1')
  head.writeUInt32BE(3, 4)
  head.writeUInt32BE(Math.log2(CLUSTER_BYTES), 20)
  head.writeBigUInt64BE(BigInt(about.sizeBytes), 24)
  head.writeUInt32BE(about.l1Entries, 36)
  head.writeBigUInt64BE(BigInt(about.l1At * CLUSTER_BYTES), 40)
  head.writeBigUInt64BE(BigInt(CLUSTER_BYTES), 48)
  head.writeUInt32BE(about.tableClusters, 56)
  // Refcounts of 2 ** 4 bits.
  head.writeUInt32BE(4, 96)
  head.writeUInt32BE(HEADER_BYTES, 100)
}

function writeMapping(
  head: Buffer,
  used: readonly Range[],
  at: { readonly l1At: number; readonly l2At: number; readonly dataAt: number },
): void {
  const places = new Map<number, number>()
  let data = at.dataAt
  for (const { offset, length } of used) {
    const first = offset / CLUSTER_BYTES
    const end = Math.ceil((offset + length) / CLUSTER_BYTES)
    for (let cluster = first; cluster < end; cluster++) {
      const table = Math.floor(cluster / L2_ENTRIES)
      let place = places.get(table)
      if (place === undefined) {
        place = at.l2At + places.size
        places.set(table, place)
        writeEntry(head, at.l1At * CLUSTER_BYTES + table * 8, place)
      }
      writeEntry(head, place * CLUSTER_BYTES + (cluster % L2_ENTRIES) * 8, data++)
    }
  }
}

function writeEntry(head: Buffer, at: number, cluster: number): void {
  head.writeBigUInt64BE((BigInt(cluster) * BigInt(CLUSTER_BYTES)) | COPIED, at)
}

function writeAddress(head: Buffer, at: number, cluster: number): void {
  head.writeBigUInt64BE(BigInt(cluster) * BigInt(CLUSTER_BYTES), at)
}
