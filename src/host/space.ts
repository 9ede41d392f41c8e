import { statfs } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { HostError } from '../errors.ts'

const MEGABYTE = 1024 ** 2
/** What we assume to be in the disk of a description that gives no smaller `<size>`. */
const ASSUMED_CONTENT_BYTES = 2048 * MEGABYTE
/** A disk of a Linux system compresses to about 40 % (440 MB of a small Debian to 166 MB); the rest is margin. */
const COMPRESSED_PART = 0.6

/** Bytes that an ordinary user may still write below a path; a path that does not exist yet counts as its parent. */
export async function freeBytes(path: string): Promise<number> {
  let folder = resolve(path)
  for (;;) {
    try {
      const { bavail, bsize } = await statfs(folder)
      return bavail * bsize
    } catch (error) {
      const parent = dirname(folder)
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT') || parent === folder) throw error
      folder = parent
    }
  }
}

/** As strerror(3) calls it. */
export const NO_SPACE = 'No space left on device'
/** What no build goes on with; programs remove halves of files when they end. */
const FULL_BELOW_BYTES = 16 * MEGABYTE

/** Whether root has no room left in a folder to go on with. */
export async function isFull(folder: string): Promise<boolean> {
  const { bfree, bsize } = await statfs(folder)
  return bfree * bsize < FULL_BELOW_BYTES
}

/** The error to throw where a folder has not the space, with both numbers in GB or MB (10⁹ and 10⁶ bytes, as `df -H` shows them). */
export function spaceProblem(needBytes: number, haveBytes: number, path: string): HostError | undefined {
  if (haveBytes >= needBytes) return undefined
  // Rounded apart, so that the two numbers never look alike.
  const need = amount(needBytes, Math.ceil)
  const have = amount(haveBytes, Math.floor)
  return new HostError(
    'host-space',
    `not enough space in ${path}: about ${need} are needed, ${have} are free`,
    'free some, or set work-dir to a folder on a larger file system',
  )
}

function amount(bytes: number, round: (tenths: number) => number): string {
  return bytes < 1e9 ? `${round(bytes / 1e6)} MB` : `${(round(bytes / 1e8) / 10).toFixed(1)} GB`
}

/** What of a disk is written on the way into images and artifacts. */
export interface WrittenDisk {
  /** Whether a file of the disk in another format is, and not the blobs alone. */
  readonly converted: boolean
  /** Whether the format holds its content compressed: then nothing compresses it further. */
  readonly packed?: boolean
  /** Whether the conversion makes a raw copy, which is gone before a blob is written. */
  readonly rawCopy?: boolean
  /** Whether the file is as long as the disk, holes included. */
  readonly whole?: boolean
  /** Whether its file is kept; others are gone when their blobs are written. */
  readonly stays?: boolean
  /** The blobs that hold the disk, one for each image or artifact. */
  readonly blobs: readonly WrittenBlob[]
}

export interface WrittenBlob {
  readonly compressed: boolean
  /** Whether it is written from a file of its own, which is gone when it is there. */
  readonly framed?: boolean
}

export interface DiskSpaceFacts {
  /** What the disk really occupies: allocated blocks of a sparse raw file, the file size of a qcow2. */
  readonly contentBytes: number
  /** How long the disk is with its holes, which a blob that is not compressed has as zeros; as its content where left out. */
  readonly lengthBytes?: number
}

/**
 * Bytes needed to wrap an existing disk: all blobs, and beside them one converted disk at a time and those that stay.
 *
 * @param disks in the order in which they are made
 */
export function diskSpaceNeed(facts: DiskSpaceFacts, disks: readonly WrittenDisk[]): number {
  let keptBytes = 0
  let needBytes = 0
  for (const disk of disks) {
    const { fileBytes, blobsBytes, workBytes } = spaceOf(facts, disk)
    needBytes = Math.max(needBytes, keptBytes + fileBytes + Math.max(blobsBytes, workBytes))
    keptBytes += blobsBytes + (disk.stays ? fileBytes : 0)
  }
  return Math.ceil(needBytes)
}

function spaceOf({ contentBytes, lengthBytes = contentBytes }: DiskSpaceFacts, disk: WrittenDisk) {
  const packedBytes = contentBytes * COMPRESSED_PART
  const fileBytes = disk.packed ? packedBytes : contentBytes
  const plainBytes = disk.whole ? lengthBytes : contentBytes
  const sizes = disk.blobs.map(({ compressed }) => (compressed || disk.packed ? packedBytes : plainBytes))
  const blobsBytes = sizes.reduce((total, bytes) => total + bytes, 0)
  const framedBytes = disk.blobs.some(({ framed }) => framed) ? Math.max(...sizes) : 0
  const workBytes = Math.max(disk.rawCopy ? contentBytes : 0, blobsBytes + framedBytes)
  return { fileBytes: disk.converted ? fileBytes : 0, blobsBytes, workBytes }
}

/**
 * Bytes needed to build a description: root tree, raw disk, and what is written of the disk.
 *
 * The raw disk is sparse, so `<size>` only limits what it can hold; a small system in a disk of 100 GB is usual. The
 * estimate takes the smaller of `<size>` and 2 GB and is meant to stop what cannot work; `diskSpaceNeed` is asked again
 * when the disk is there.
 *
 * @param sizeMegabytes `<size>` of the type in MB, where it is given
 */
export function descriptionSpaceNeed(disks: readonly WrittenDisk[], sizeMegabytes?: number): number {
  const limit = sizeMegabytes === undefined ? Number.POSITIVE_INFINITY : sizeMegabytes * MEGABYTE
  const contentBytes = Math.min(limit, ASSUMED_CONTENT_BYTES)
  return contentBytes + contentBytes + diskSpaceNeed({ contentBytes }, disks)
}
