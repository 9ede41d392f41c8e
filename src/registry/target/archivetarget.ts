import { basename, dirname, resolve } from 'node:path'
import { layoutArchive } from '../../oci/store/archive.ts'
import { replaceFile } from '../../oci/store/blob.ts'
import { type IndexName, namedDescriptors } from '../../oci/store/layout.ts'
import type { StoredBlob, StoredImage } from '../../oci/store/storedimage.ts'
import type { StoredTree } from '../../oci/store/storedtree.ts'
import type { Access } from '../access.ts'
import { dockerArchive } from './dockerimage.ts'

/**
 * Writes the archive of a layout with an image, or an index and all it names, in one step in place of what is there;
 * without skopeo, which leaves the platform out of index.json and unpacks a copy of everything beside the archive.
 *
 * @param names in index.json
 * @throws ImageError when a blob is damaged; HostError when the disk is full; errors of the file system are passed on
 */
export async function writeOciArchive(
  tree: StoredTree,
  file: string,
  names: readonly IndexName[],
  { signal }: Access,
): Promise<void> {
  const entries = namedDescriptors(tree.descriptor, names)
  const content = { blobs: documentsFirst(tree) }
  await replaceFile(...placeOf(file), layoutArchive(content, { entries, ...(signal === undefined ? {} : { signal }) }))
}

/** Whoever reads the archive as it comes knows what there is before the layers do. */
function documentsFirst({ images, blobs }: StoredTree): readonly StoredBlob[] {
  const layers = new Set(images.flatMap(({ manifest }) => manifest.layers).map(({ digest }) => digest))
  const isLayer = ({ digest }: StoredBlob) => layers.has(digest)
  return [...blobs.filter((blob) => !isLayer(blob)), ...blobs.filter(isLayer)]
}

/**
 * Writes an archive for `docker load` in the same way.
 *
 * @param image as docker takes it
 * @param names whole
 * @throws what `writeOciArchive` does
 */
export async function writeDockerArchive(
  image: StoredImage,
  file: string,
  names: readonly string[],
  { signal }: Access,
): Promise<void> {
  await replaceFile(...placeOf(file), dockerArchive(image, names, signal))
}

function placeOf(file: string): readonly [folder: string, name: string] {
  const path = resolve(file)
  return [dirname(path), basename(path)]
}
