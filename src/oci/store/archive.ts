import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { ImageError } from '../../errors.ts'
import type { Descriptor } from '../descriptor.ts'
import { digestHex } from '../digest.ts'
import { type TarEntry, tarEnd, tarHeader, tarPadding } from '../tar/tar.ts'
import { indexText, layoutMark } from './layout.ts'
import type { StoredBlob, StoredImage } from './storedimage.ts'

const CHUNK_BYTES = 1024 * 1024

export interface ArchiveOptions {
  /** Of index.json: the descriptor of the image, or of the index, under each of its names. */
  readonly entries: readonly Descriptor[]
  /** Further files beside index.json, by name. */
  readonly documents?: Readonly<Record<string, Uint8Array>>
  readonly signal?: AbortSignal
}

/**
 * The tar archive of a layout, in chunks: what tells a reader what there is comes before the blobs, which keep their order.
 * The same blobs give the same bytes: no times, owner root. They are read as they are written out, in constant memory.
 *
 * @throws ImageError when a blob is not what its digest says; AbortError after `signal`; errors of the file system are
 *   passed on
 */
export async function* layoutArchive(
  { blobs }: Pick<StoredImage, 'blobs'>,
  options: ArchiveOptions,
): AsyncGenerator<Buffer> {
  const { entries, documents = {}, signal } = options
  const files = { 'oci-layout': layoutMark(), 'index.json': indexText(entries), ...documents }
  for (const [path, bytes] of Object.entries(files)) {
    yield Buffer.concat([tarHeader(entry('file', path, bytes.length)), bytes, tarPadding(bytes.length)])
  }
  yield Buffer.concat(['blobs', 'blobs/sha256'].map((path) => tarHeader(entry('directory', path, 0))))
  for (const blob of blobs) {
    yield tarHeader(entry('file', blobName(blob), blob.sizeBytes))
    yield* content(blob, signal)
    yield tarPadding(blob.sizeBytes)
  }
  signal?.throwIfAborted()
  yield tarEnd()
}

/** Path of a blob in the archive. */
export function blobName({ digest }: Pick<StoredBlob, 'digest'>): string {
  return `blobs/sha256/${digestHex(digest)}`
}

function entry(kind: TarEntry['kind'], path: string, sizeBytes: number): TarEntry {
  return { kind, path, sizeBytes, mode: kind === 'directory' ? 0o755 : 0o644, uid: 0, gid: 0, mtimeSeconds: 0 }
}

async function* content({ file, digest, sizeBytes }: StoredBlob, signal?: AbortSignal): AsyncGenerator<Buffer> {
  const damaged = (found: string) => new ImageError('image-damaged', `the blob ${digest}`, [`${file} holds ${found}`])
  await using source = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW)
  const { size } = await source.stat()
  if (size !== sizeBytes) throw damaged(`${size} bytes instead of ${sizeBytes}`)
  const hash = createHash('sha256')
  const end = Math.max(0, sizeBytes - 1)
  const chunks: AsyncIterable<Buffer> = source.createReadStream({ autoClose: false, highWaterMark: CHUNK_BYTES, end })
  let read = 0
  for await (const chunk of chunks) {
    signal?.throwIfAborted()
    hash.update(chunk)
    read += chunk.length
    yield chunk
  }
  const found = `sha256:${hash.digest('hex')}`
  if (read !== sizeBytes || found !== digest) throw damaged(found)
}
