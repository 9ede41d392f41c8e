import { constants } from 'node:fs'
import { link, lstat, open } from 'node:fs/promises'
import { join } from 'node:path'
import { ImageError, spaceError } from '../../errors.ts'
import type { Descriptor } from '../descriptor.ts'
import { type Digest, digestHex } from '../digest.ts'
import { documentBytes } from '../document.ts'
import { mediaTypes } from '../manifest.ts'
import { putFile, writeBlob } from './blob.ts'
import { isThere, makeFolder } from './folder.ts'

/** An OCI image layout directory; image-spec image-layout.md. */
export interface Layout {
  readonly folder: string
  /** The folder `blobs/sha256` in it. */
  readonly blobs: string
}

const LAYOUT_VERSION = '1.0.0'
/** Valid on the descriptors of index.json: the name by which skopeo and others find an image in a layout. */
export const REF_NAME = 'org.opencontainers.image.ref.name'
/** What containerd, docker's engine on it and podman call an image that they load; containerd core/images/annotations.go. */
const CONTAINERD_NAME = 'io.containerd.image.name'

const READ_BYTES = 1024 * 1024

/** What the file `oci-layout` holds. */
export function layoutMark(): Buffer {
  return documentBytes({ imageLayoutVersion: LAYOUT_VERSION })
}

/** Makes the folder, those above it, and what every layout has but an index. What is there already stays. */
export async function createLayout(folder: string): Promise<Layout> {
  const blobs = join(folder, 'blobs', 'sha256')
  await makeFolder(blobs)
  if (!(await isThere(join(folder, 'oci-layout')))) await putFile(folder, 'oci-layout', layoutMark())
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
 * Puts a file into the layout of a work folder under the name of its content: by hard link where that can be, else by a
 * copy, which is checked.
 *
 * @param digest what the file holds; a link is trusted here, whoever takes the blob out of the layout hashes it
 * @throws ImageError when the file is no regular file, or a copy has another digest; HostError when the disk is full
 */
export async function linkBlob({ blobs: folder }: Layout, file: string, digest: Digest): Promise<void> {
  const subject = `the blob ${digest}`
  // A hard link to a symbolic link would point anywhere.
  if (!(await lstat(file)).isFile()) throw new ImageError('image-damaged', subject, [`${file} is not a regular file`])
  try {
    await link(file, join(folder, digestHex(digest)))
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (code === 'EEXIST') return
    if (!['EXDEV', 'EPERM', 'EMLINK', 'ENOSYS', 'ENOTSUP'].includes(code)) throw spaceError(error, folder)
    await copyContent(folder, file, digest)
  }
}

async function copyContent(folder: string, file: string, digest: Digest): Promise<void> {
  await using source = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW)
  const content: AsyncIterable<Buffer> = source.createReadStream({ autoClose: false, highWaterMark: READ_BYTES })
  const written = await writeBlob(folder, content)
  if (written.digest !== digest)
    throw new ImageError('image-damaged', `the blob ${digest}`, [`${file} holds ${written.digest}`])
}

/** Names what is in the layout, in one step; replaces the names there were. */
export async function writeIndex(layout: Layout, manifests: readonly Descriptor[]): Promise<void> {
  await putFile(layout.folder, 'index.json', indexText(manifests))
}

/** What the file `index.json` of a layout of ours holds. */
export function indexText(manifests: readonly Descriptor[]): Buffer {
  return documentBytes({ schemaVersion: 2, mediaType: mediaTypes.index, manifests })
}

/** The name of an image in an `index.json`. */
export interface IndexName {
  readonly ref: string
  /** The whole name, `docker.io/acme/x:1.0`, where it is known. */
  readonly whole?: string
}

/** One entry of an `index.json` for each name; a single nameless one where there is none. */
export function namedDescriptors(descriptor: Descriptor, names: readonly IndexName[]): readonly Descriptor[] {
  const { annotations = {}, ...rest } = descriptor
  const { [REF_NAME]: _, ...others } = annotations
  if (names.length === 0) return [Object.keys(others).length === 0 ? rest : { ...rest, annotations: others }]
  return names.map(({ ref, whole }) => {
    const containerd = whole === undefined ? {} : { [CONTAINERD_NAME]: whole }
    return { ...rest, annotations: { ...others, [REF_NAME]: ref, ...containerd } }
  })
}
