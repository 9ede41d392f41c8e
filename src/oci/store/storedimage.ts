import { readFile } from 'node:fs/promises'
import { ImageError } from '../../errors.ts'
import type { Descriptor } from '../descriptor.ts'
import { type Digest, digestOf } from '../digest.ts'
import { type Manifest, parseManifest } from '../manifest.ts'
import { blobPath } from './layout.ts'

/** One image with the files that hold it. */
export interface StoredImage {
  /** Of the manifest, with the platform. */
  readonly descriptor: Descriptor
  readonly manifest: Manifest
  /** Every blob once: the manifest, the config, the layers from the lowest. */
  readonly blobs: readonly StoredBlob[]
}

export interface StoredBlob {
  readonly digest: Digest
  readonly sizeBytes: number
  /** On this machine. */
  readonly file: string
}

/**
 * An image of a layout.
 *
 * @param descriptor of its manifest
 * @throws ImageError when the manifest is another by now; errors of the file system are passed on
 */
export async function readStoredImage(layout: string, descriptor: Descriptor): Promise<StoredImage> {
  const manifest = parseManifest(await readUnchangedManifest(layout, descriptor.digest))
  return storedImage(descriptor, manifest, (of) => blobPath(layout, of))
}

/** The bytes of a manifest. Throws what `readStoredImage` does. */
export async function readUnchangedManifest(layout: string, digest: Digest): Promise<Buffer> {
  const bytes = await readFile(blobPath(layout, digest))
  const found = digestOf(bytes)
  if (found === digest) return bytes
  throw new ImageError('image-damaged', `the layout ${layout}`, [
    `its manifest ${digest} holds ${found}: it was changed`,
  ])
}

/** @param fileOf where each blob of the image is */
export function storedImage(
  descriptor: Descriptor,
  manifest: Manifest,
  fileOf: (digest: Digest) => string,
): StoredImage {
  const sizes = new Map([descriptor, manifest.config, ...manifest.layers].map(({ digest, size }) => [digest, size]))
  const blobs = [...sizes].map(([digest, sizeBytes]) => ({ digest, sizeBytes, file: fileOf(digest) }))
  return { descriptor, manifest, blobs }
}
