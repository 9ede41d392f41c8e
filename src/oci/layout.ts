import { constants } from 'node:fs'
import { link, lstat, open } from 'node:fs/promises'
import { join } from 'node:path'
import { ImageError } from '../errors.ts'
import { replaceFile, spaceError, writeBlob } from './blob.ts'
import type { Descriptor } from './descriptor.ts'
import { type Digest, digestHex } from './digest.ts'
import { documentBytes } from './document.ts'
import { makeFolder } from './folder.ts'
import { mediaTypes } from './manifest.ts'

/** An OCI image layout directory; image-spec image-layout.md. */
export interface Layout {
  readonly folder: string
  /** The folder `blobs/sha256` in it. */
  readonly blobs: string
}

const LAYOUT_VERSION = '1.0.0'
/** Valid on the descriptors of index.json: the name by which skopeo and others find an image in a layout. */
export const REF_NAME = 'org.opencontainers.image.ref.name'

const READ_BYTES = 1024 * 1024

/** Makes the folder, those above it, and what every layout has but an index. What is there already stays. */
export async function createLayout(folder: string): Promise<Layout> {
  const blobs = join(folder, 'blobs', 'sha256')
  await makeFolder(blobs)
  await replaceFile(folder, 'oci-layout', documentBytes({ imageLayoutVersion: LAYOUT_VERSION }))
  return { folder, blobs }
}

/** Where the blob is, or would be. */
export function blobPath(folder: string, digest: Digest): string {
  return join(folder, 'blobs', 'sha256', digestHex(digest))
}

/** Writes a small blob: a config, a manifest. */
export async function putBlob(layout: Layout, bytes: Uint8Array): Promise<Digest> {
  return (await writeBlob(layout.blobs, [bytes])).digest
}

/**
 * Takes a blob from a file: by hard link where that can be, else by a copy, which is checked.
 *
 * @param digest what the file holds; a link is trusted here and checked by `layoutViolations`
 * @throws ImageError when the file is no regular file, or a copy has another digest; HostError when the disk is full
 */
export async function linkBlob(layout: Layout, file: string, digest: Digest): Promise<void> {
  const subject = `the blob ${digest}`
  // A hard link to a symbolic link would point anywhere.
  if (!(await lstat(file)).isFile()) throw new ImageError(subject, [`${file} is not a regular file`])
  try {
    await link(file, blobPath(layout.folder, digest))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (code === 'EEXIST') return
    if (!['EXDEV', 'EPERM', 'EMLINK', 'ENOSYS', 'ENOTSUP'].includes(code)) throw spaceError(error, layout.folder)
    await copyBlob(layout, file, digest)
  }
}

async function copyBlob(layout: Layout, file: string, digest: Digest): Promise<void> {
  await using source = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW)
  const content: AsyncIterable<Buffer> = source.createReadStream({ autoClose: false, highWaterMark: READ_BYTES })
  const written = await writeBlob(layout.blobs, content)
  if (written.digest !== digest) throw new ImageError(`the blob ${digest}`, [`${file} holds ${written.digest}`])
}

/** Names what is in the layout, in one step; replaces the names there were. */
export async function writeIndex(layout: Layout, manifests: readonly Descriptor[]): Promise<void> {
  const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests }
  await replaceFile(layout.folder, 'index.json', documentBytes(index))
}
