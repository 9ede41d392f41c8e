import { readFile, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { HostError } from '../../errors.ts'
import { digestHex } from '../../oci/digest.ts'
import { replaceFile, syncFile } from '../../oci/store/blob.ts'
import { bringContent } from '../../oci/store/layout.ts'
import type { StoredBlob, StoredImage } from '../../oci/store/storedimage.ts'
import type { Access } from '../access.ts'
import { makeWhole, namesIn } from './beside.ts'
import { locked } from './lock.ts'

/** c/image directory/directory_dest.go. */
const MARK = 'Directory Transport Version: '
const VERSION = '1.1\n'
/** What c/image writes into such a folder beside `version` and `manifest.json`; directory/directory_transport.go. */
const BLOB_OR_SIGNATURE = /^(?:[0-9a-f]{64}(?:\.manifest\.json|\.signature-\d+)?|signature-\d+)$/

/**
 * Writes an image in the form of `dir:`: the blobs and `manifest.json` side by side, without skopeo, which empties the
 * folder first. A new folder comes to be whole; in one that is there the manifest changes in one step, and only then the
 * blobs of the image before go. A failure leaves what there was.
 *
 * @throws HostError when the folder holds something else than an image, or the disk is full; errors of the file system
 *   are passed on
 */
export async function writeToFolder(image: StoredImage, folder: string, access: Access): Promise<void> {
  const path = resolve(folder)
  const fill = async (temporary: string) => await addFiles(image, temporary, [], access.signal)
  if ((await namesIn(path, 'the folder of an image')) === undefined && (await makeWhole(path, fill))) return
  await locked(path, access, async () => await replaceImage(image, path, access.signal))
}

/** Whether a folder is empty or holds an image in the form of `dir:`. */
export async function isImageFolder(folder: string, names: readonly string[]): Promise<boolean> {
  if (names.length === 0) return true
  const version = await readFile(join(folder, 'version'), 'utf8').catch(() => '')
  return version.startsWith(MARK)
}

async function replaceImage(image: StoredImage, folder: string, signal: AbortSignal | undefined): Promise<void> {
  const before = (await namesIn(folder, 'the folder of an image')) ?? []
  if (!(await isImageFolder(folder, before))) {
    throw new HostError(`${folder} holds something else than an image`, 'export to another folder')
  }
  await addFiles(image, folder, before, signal)
  const ours = new Set(blobsBeside(image).map(({ digest }) => digestHex(digest)))
  for (const name of before.filter((each) => BLOB_OR_SIGNATURE.test(each) && !ours.has(each))) {
    await rm(join(folder, name), { force: true })
  }
}

async function addFiles(
  image: StoredImage,
  folder: string,
  before: readonly string[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const manifest = await readFile(image.blobs.find(({ digest }) => digest === image.descriptor.digest)?.file ?? '')
  const added: string[] = []
  try {
    for (const { digest, file } of blobsBeside(image)) {
      signal?.throwIfAborted()
      if (await bringContent(folder, file, digest)) added.push(digestHex(digest))
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

function blobsBeside({ blobs, descriptor }: StoredImage): readonly StoredBlob[] {
  return blobs.filter(({ digest }) => digest !== descriptor.digest)
}
