import type { Descriptor } from '../descriptor.ts'
import { type Index, parseIndex } from '../index/index.ts'
import { mediaTypes } from '../manifest.ts'
import { blobPath } from './layout.ts'
import { readStoredImage, readUnchangedManifest, type StoredBlob, type StoredImage } from './storedimage.ts'

/** What one digest names, with the files that hold it: one image or artifact, or an index of several. */
export interface StoredTree {
  /** Of the index, or of the only manifest. */
  readonly descriptor: Descriptor
  /** Left out where there is none. */
  readonly index?: Index
  /** Images and artifacts, in the order of the index. */
  readonly images: readonly StoredImage[]
  /** Every blob once, an index behind all that it names. */
  readonly blobs: readonly StoredBlob[]
}

/**
 * What a descriptor of a layout's index.json names.
 *
 * @throws ImageError when a document is another by now, or no manifest or index; errors of the file system are passed on
 */
export async function readStoredTree(layout: string, descriptor: Descriptor): Promise<StoredTree> {
  if (descriptor.mediaType !== mediaTypes.index) return treeOf(await readStoredImage(layout, descriptor))
  const bytes = await readUnchangedManifest(layout, descriptor.digest)
  const index = parseIndex(bytes, descriptor.mediaType)
  const images = await Promise.all(index.manifests.map((entry) => readStoredImage(layout, entry)))
  const own = { digest: descriptor.digest, sizeBytes: descriptor.size, file: blobPath(layout, descriptor.digest) }
  const blobs = new Map(images.flatMap((image) => image.blobs).map((blob) => [blob.digest, blob]))
  return { descriptor, index, images, blobs: [...blobs.values(), own] }
}

/** The tree of one manifest alone. */
export function treeOf(image: StoredImage): StoredTree {
  return { descriptor: image.descriptor, images: [image], blobs: image.blobs }
}

/** The image that runs as a container; undefined where there are artifacts alone. */
export function containerOf({ images }: StoredTree): StoredImage | undefined {
  return images.find(({ manifest }) => manifest.config.mediaType === mediaTypes.config)
}
