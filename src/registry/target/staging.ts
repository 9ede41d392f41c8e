import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import type { Descriptor } from '../../oci/descriptor.ts'
import { digestHex } from '../../oci/digest.ts'
import { putFile } from '../../oci/store/blob.ts'
import { indexText, layoutMark, namedDescriptors } from '../../oci/store/layout.ts'
import { readStoredTree, type StoredTree } from '../../oci/store/storedtree.ts'
import type { Access } from '../access.ts'
import { folderName } from '../transport.ts'

/** An image of ours in a layout, or an index of several. */
export interface Source {
  /** The folder of the layout. */
  readonly layout: string
  /** Of its manifest or index. */
  readonly descriptor: Descriptor
}

/** A layout that names each manifest of a tree: skopeo copies what index.json names, and cannot ask for what is below. */
export interface Staging extends AsyncDisposable {
  readonly tree: StoredTree
  /** What skopeo calls the index, an image or an artifact of the tree. */
  nameOf(descriptor: Descriptor): string
}

/** Throws HostError when skopeo could not work in what `stageTree` makes. */
export function checkStagingPlace({ tmpFolder }: Access): void {
  folderName('oci', tmpFolder)
}

/**
 * Makes such a layout beside the files of the job; the blobs stay where they are. Its documents are what their digests
 * say: skopeo copies a changed one without a word, under a digest of its own.
 *
 * @throws ImageError when the layout was changed; HostError when skopeo cannot work in the folder
 */
export async function stageTree({ layout, descriptor }: Source, access: Access): Promise<Staging> {
  const tree = await readStoredTree(layout, descriptor)
  const manifests = [...tree.images.map((image) => image.descriptor), ...(tree.index === undefined ? [] : [descriptor])]
  const folder = await mkdtemp(join(access.tmpFolder, 'staging-'))
  const remove = async () => await rm(folder, { recursive: true, force: true })
  try {
    await symlink(join(resolve(layout), 'blobs'), join(folder, 'blobs'))
    await putFile(folder, 'oci-layout', layoutMark())
    await putFile(folder, 'index.json', indexText(manifests.flatMap(stagedEntries)))
    const nameOf = ({ digest }: Descriptor) => folderName('oci', folder, digestHex(digest))
    nameOf(descriptor)
    return { tree, nameOf, [Symbol.asyncDispose]: remove }
  } catch (error) {
    await remove()
    throw error
  }
}

function stagedEntries(descriptor: Descriptor): readonly Descriptor[] {
  return namedDescriptors(descriptor, [{ ref: digestHex(descriptor.digest) }])
}
