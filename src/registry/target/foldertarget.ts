import { readFile, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { HostError, ImageError } from '../../errors.ts'
import { digestHex, digestOf } from '../../oci/digest.ts'
import { replaceFile, syncFile } from '../../oci/store/blob.ts'
import { bringBlob } from '../../oci/store/bringing.ts'
import type { StoredBlob } from '../../oci/store/storedimage.ts'
import type { StoredTree } from '../../oci/store/storedtree.ts'
import type { Access } from '../access.ts'
import { makeWhole, namesIn } from './beside.ts'
import { locked } from './lock.ts'

/** c/image directory/directory_dest.go. */
const MARK = 'Directory Transport Version: '
const VERSION = '1.1\n'
/** What c/image writes into such a folder beside `version` and `manifest.json`; directory/directory_transport.go. */
const BLOB_OR_SIGNATURE = /^(?:[0-9a-f]{64}(?:\.manifest\.json|\.signature-\d+)?|signature-\d+)$/

/**
 * Writes an image in the form of `dir:`: the blobs and `manifest.json` side by side, of an index the manifests that it
 * names too, as `HEX.manifest.json`. Without skopeo, which empties the folder first. A new folder comes to be whole; in
 * one that is there the manifest changes in one step, and only then the blobs of the image before go. A failure leaves
 * what there was.
 *
 * @throws HostError when the folder holds something else than an image, or the disk is full; ImageError when a blob is
 *   damaged; errors of the file system are passed on
 */
export async function writeToFolder(tree: StoredTree, folder: string, access: Access): Promise<void> {
  const path = resolve(folder)
  const fill = async (temporary: string) => await addFiles(tree, temporary, [], access.signal)
  if ((await namesIn(path, 'the folder of an image')) === undefined && (await makeWhole(path, fill))) return
  await locked(path, access, async () => await replaceImage(tree, path, access.signal))
}

/** Whether a folder is empty or holds an image in the form of `dir:`. */
export async function isImageFolder(folder: string, names: readonly string[]): Promise<boolean> {
  if (names.length === 0) return true
  const version = await readFile(join(folder, 'version'), 'utf8').catch(() => '')
  return version.startsWith(MARK)
}

async function replaceImage(tree: StoredTree, folder: string, signal: AbortSignal | undefined): Promise<void> {
  const before = (await namesIn(folder, 'the folder of an image')) ?? []
  if (!(await isImageFolder(folder, before))) {
    throw new HostError('host-destination', `${folder} holds something else than an image`, 'export to another folder')
  }
  await addFiles(tree, folder, before, signal)
  const ours = new Set(filesBeside(tree).map(({ name }) => name))
  for (const name of before.filter((each) => BLOB_OR_SIGNATURE.test(each) && !ours.has(each))) {
    await rm(join(folder, name), { force: true })
  }
}

async function addFiles(
  tree: StoredTree,
  folder: string,
  before: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const manifest = await documentOf(tree.blobs.find(({ digest }) => digest === tree.descriptor.digest))
  const added: string[] = []
  try {
    for (const { name, blob, isManifest } of filesBeside(tree)) {
      signal?.throwIfAborted()
      if (isManifest) await replaceFile(folder, name, await documentOf(blob))
      const isNew = isManifest ? !before.includes(name) : await bringBlob(folder, blob, signal)
      if (isNew) added.push(name)
    }
    for (const name of added) await syncFile(join(folder, name))
    signal?.throwIfAborted()
    if (!before.includes('version')) added.push('version')
    await replaceFile(folder, 'version', Buffer.from(`${MARK}${VERSION}`))
    await replaceFile(folder, 'manifest.json', manifest)
  } catch (error) {
    for (const name of added) await rm(join(folder, name), { force: true })
    throw error
  }
}

/** A manifest or index, small enough to be read whole. */
async function documentOf(blob: StoredBlob | undefined): Promise<Buffer> {
  if (blob === undefined) throw new Error('the tree does not hold its own manifest')
  const bytes = await readFile(blob.file)
  const found = digestOf(bytes)
  if (found === blob.digest) return bytes
  throw new ImageError('image-damaged', `the blob ${blob.digest}`, [`${blob.file} holds ${found}`])
}

interface FileBeside {
  readonly name: string
  readonly blob: StoredBlob
  readonly isManifest: boolean
}

/** Everything beside `manifest.json` and `version`, as c/image calls it; directory/directory_transport.go. */
function filesBeside({ blobs, descriptor, images }: StoredTree): readonly FileBeside[] {
  const manifests = new Set(images.map((image) => image.descriptor.digest))
  return blobs
    .filter(({ digest }) => digest !== descriptor.digest)
    .map((blob) => {
      const isManifest = manifests.has(blob.digest)
      const hex = digestHex(blob.digest)
      return { name: isManifest ? `${hex}.manifest.json` : hex, blob, isManifest }
    })
}
