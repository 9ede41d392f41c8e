import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { link, lstat, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { ImageError, spaceError } from '../../errors.ts'
import { digestHex } from '../digest.ts'
import { blobContent } from './content.ts'
import type { StoredBlob } from './storedimage.ts'
import { temporaryName } from './temporary.ts'

const READ_BYTES = 1024 * 1024
/** Where no hard link can be: link(2). */
const UNLINKABLE = ['EXDEV', 'EPERM', 'EMLINK', 'ENOSYS', 'ENOTSUP']

/**
 * Puts a blob into a folder that stays, under the name of its content: by hard link where that can be, else by a copy. It
 * gets that name only when every byte was hashed: what lay in a work folder for an hour may not be what was written. A
 * file of that name that is damaged is replaced.
 *
 * @returns whether there was none
 * @throws ImageError when the file does not hold what its digest says; HostError when the disk is full; AbortError after
 *   `signal`
 */
export async function bringBlob(folder: string, blob: StoredBlob, signal?: AbortSignal): Promise<boolean> {
  const path = join(folder, digestHex(blob.digest))
  const there = await lstat(path).catch(() => undefined)
  if (there !== undefined && (await damageOf(path, blob, signal)) === undefined) return false
  const temporary = join(folder, temporaryName())
  try {
    const damage = (await linked(blob.file, temporary, folder))
      ? await damageOf(temporary, blob, signal)
      : await copied(blob, temporary, folder, signal)
    if (damage !== undefined)
      throw new ImageError('image-damaged', `the blob ${blob.digest}`, [`${blob.file} ${damage}`])
    await rename(temporary, path)
  } finally {
    await rm(temporary, { force: true })
  }
  return there === undefined
}

/** How a file contradicts its digest or size; undefined when it does not. */
async function damageOf(
  path: string,
  { digest, sizeBytes: size }: StoredBlob,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  const { violations } = await blobContent(path, { mediaType: '', digest, size }, signal)
  return violations[0]
}

/** @returns false where a copy is needed */
async function linked(file: string, temporary: string, folder: string): Promise<boolean> {
  try {
    await link(file, temporary)
    return true
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (UNLINKABLE.includes(code)) return false
    throw spaceError(error, folder)
  }
}

/** Copies and hashes in one pass. @returns as `damageOf` */
async function copied(
  { file, digest, sizeBytes }: StoredBlob,
  temporary: string,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  if (!(await lstat(file)).isFile()) return 'is not a regular file'
  await using source = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW)
  await using target = await open(temporary, 'wx', 0o644)
  const { size } = await source.stat()
  if (size !== sizeBytes) return `has ${size} bytes instead of ${sizeBytes}`
  const hash = createHash('sha256')
  const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, sizeBytes))
  for (let at = 0; at < sizeBytes; ) {
    signal?.throwIfAborted()
    const { bytesRead } = await source.read(buffer, 0, Math.min(buffer.length, sizeBytes - at), at)
    if (bytesRead === 0) return `ends at ${at} bytes`
    const chunk = buffer.subarray(0, bytesRead)
    hash.update(chunk)
    await target.writeFile(chunk).catch((error: unknown) => {
      throw spaceError(error, folder)
    })
    at += bytesRead
  }
  const found = `sha256:${hash.digest('hex')}`
  return found === digest ? undefined : `holds ${found}`
}
