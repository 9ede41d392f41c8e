import { createHash } from 'node:crypto'
import { writeSync } from 'node:fs'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { spaceError } from '../../errors.ts'
import { type Digest, digestHex } from '../digest.ts'
import { temporaryName } from './temporary.ts'

const WRITE_BYTES = 64 * 1024

/** A file that stands under the name of its content. */
export interface Blob {
  readonly digest: Digest
  readonly sizeBytes: number
}

/**
 * Writes a blob: to a temporary name, hashed on the way; whole, it gets the name of its digest. On any error, of the
 * source too, the temporary file is gone. It does not wait for the machine's storage, which takes as long as compressing:
 * layouts are written in work folders, which nobody looks at after a power failure, and `syncFile` is there for exports.
 *
 * @param folder `blobs/sha256` of a layout
 * @param digestOfAll of the bytes, asked at the end, where the source hashes them anyway
 * @throws HostError when the disk is full; other errors are passed on
 */
export async function writeBlob(
  folder: string,
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  digestOfAll?: () => Digest,
): Promise<Blob> {
  const hash = createHash('sha256')
  let sizeBytes = 0
  const counted = async function* () {
    for await (const chunk of source) {
      if (digestOfAll === undefined) hash.update(chunk)
      sizeBytes += chunk.length
      yield chunk
    }
  }
  const temporary = await writeTemporary(folder, counted())
  const digest: Digest = digestOfAll?.() ?? `sha256:${hash.digest('hex')}`
  await publish(temporary, join(folder, digestHex(digest)))
  return { digest, sizeBytes }
}

/**
 * Replaces a file at once, when its content is on the disk: readers see the old or the new content, whole. Nothing of it
 * stays on an error, of the source too.
 *
 * @throws HostError when the disk is full; other errors are passed on
 */
export async function replaceFile(
  folder: string,
  name: string,
  content: Uint8Array | AsyncIterable<Uint8Array>,
): Promise<void> {
  const source = content instanceof Uint8Array ? [content] : content
  const temporary = await writeTemporary(folder, source)
  await syncFile(temporary).catch(async (error: unknown) => {
    await rm(temporary, { force: true })
    throw spaceError(error, folder)
  })
  await publish(temporary, join(folder, name))
}

/** As `replaceFile`, without waiting for the disk: for layouts in work folders. */
export async function putFile(folder: string, name: string, content: Uint8Array): Promise<void> {
  await publish(await writeTemporary(folder, [content]), join(folder, name))
}

/** Waits until what a file holds is on the disk. */
export async function syncFile(path: string): Promise<void> {
  await using file = await open(path, 'r')
  await file.sync()
}

async function writeTemporary(
  folder: string,
  source: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
): Promise<string> {
  const path = join(folder, temporaryName())
  try {
    await using file = await open(path, 'wx', 0o644)
    for await (const chunk of source) writeAll(file, chunk)
    return path
  } catch (error) {
    await rm(path, { force: true })
    throw spaceError(error, folder)
  }
}

/**
 * In small pieces and at once: writing goes to memory, and a kernel that is handed 1 MiB looks for as much memory in one
 * piece, which took it eight times as long (Linux 6.18, ext4). Each piece given to another thread would cost more than
 * writing it.
 */
function writeAll(file: FileHandle, chunk: Uint8Array): void {
  for (let done = 0; done < chunk.length; ) {
    done += writeSync(file.fd, chunk, done, Math.min(WRITE_BYTES, chunk.length - done))
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
