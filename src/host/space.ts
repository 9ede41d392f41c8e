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

/** The error to throw where a folder has not the space, with both numbers in GB (10⁹ bytes, as `df -H` shows them). */
export function spaceProblem(needBytes: number, haveBytes: number, path: string): HostError | undefined {
  if (haveBytes >= needBytes) return undefined
  // Rounded apart, so that the two numbers never look alike.
  const need = (Math.ceil(needBytes / 1e8) / 10).toFixed(1)
  const have = (Math.floor(haveBytes / 1e8) / 10).toFixed(1)
  return new HostError(
    `not enough space in ${path}: about ${need} GB are needed, ${have} GB are free`,
    'free some, or set work-dir to a folder on a larger file system',
  )
}

/** What of a disk is written on the way into an image. */
export interface WrittenParts {
  /** Whether a file of the disk in another format is, and not the layer alone. */
  readonly converted: boolean
  /** Whether the layer is compressed. */
  readonly compressed: boolean
  /** Whether the format holds its content compressed: then the layer compresses no further. */
  readonly packed?: boolean
  /** Whether the conversion makes a raw copy, which is gone before the layer is written. */
  readonly rawCopy?: boolean
}

export interface DiskSpaceFacts extends WrittenParts {
  /** What the disk really occupies: allocated blocks of a sparse raw file, the file size of a qcow2. */
  readonly contentBytes: number
  /** How long the file is with its holes, where the format has such: a layer that is not compressed has them as zeros. */
  readonly lengthBytes?: number
}

/** Bytes needed to wrap an existing disk: the converted disk and the layer, nothing else stays. */
export function diskSpaceNeed(facts: DiskSpaceFacts): number {
  const { contentBytes, packed = false, compressed } = facts
  const packedBytes = contentBytes * COMPRESSED_PART
  const file = packed ? packedBytes : contentBytes
  const layer = compressed || packed ? packedBytes : (facts.lengthBytes ?? contentBytes)
  return Math.ceil((facts.converted ? file : 0) + Math.max(layer, facts.rawCopy ? contentBytes : 0))
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
export function descriptionSpaceNeed(parts: WrittenParts, sizeMegabytes?: number): number {
  const limit = sizeMegabytes === undefined ? Number.POSITIVE_INFINITY : sizeMegabytes * MEGABYTE
  const content = Math.min(limit, ASSUMED_CONTENT_BYTES)
  return content + content + diskSpaceNeed({ ...parts, contentBytes: content })
}
