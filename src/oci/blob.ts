import { createHash, randomUUID } from 'node:crypto'
import { open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { spaceError } from '../errors.ts'
import { type Digest, digestHex } from './digest.ts'

/** A file that stands under the name of its content. */
export interface Blob {
  readonly digest: Digest
  readonly sizeBytes: number
}

/**
 * Writes a blob: to a temporary name, hashed on the way, on the disk before it gets the name of its digest. On any
 * error, of the source too, the temporary file is gone.
 *
 * @param folder `blobs/sha256` of a layout
 * @throws HostError when the disk is full; other errors are passed on
 */
export async function writeBlob(
  folder: string,
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<Blob> {
  const hash = createHash('sha256')
  let sizeBytes = 0
  const hashed = async function* () {
    for await (const chunk of source) {
      hash.update(chunk)
      sizeBytes += chunk.length
      yield chunk
    }
  }
  const temporary = await writeTemporary(folder, hashed())
  const digest: Digest = `sha256:${hash.digest('hex')}`
  await publish(temporary, join(folder, digestHex(digest)))
  return { digest, sizeBytes }
}

/**
 * Replaces a file at once: readers see the old or the new content, whole. Nothing of it stays on an error, of the source
 * too.
 *
 * @throws HostError when the disk is full; other errors are passed on
 */
export async function replaceFile(
  folder: string,
  name: string,
  content: Uint8Array | AsyncIterable<Uint8Array>,
): Promise<void> {
  const source = content instanceof Uint8Array ? [content] : content
  await publish(await writeTemporary(folder, source), join(folder, name))
}

async function writeTemporary(
  folder: string,
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<string> {
  const path = join(folder, `.${randomUUID()}.tmp`)
  try {
    await using file = await open(path, 'wx', 0o644)
    for await (const chunk of source) await file.writeFile(chunk)
    await file.sync()
    return path
  } catch (error) {
    await rm(path, { force: true })
    throw spaceError(error, folder)
  }
}

async function publish(temporary: string, path: string): Promise<void> {
  try {
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
}
