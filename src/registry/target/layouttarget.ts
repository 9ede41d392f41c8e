import { readFile, rm, rmdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { HostError } from '../../errors.ts'
import { isJsonObject, type JsonObject } from '../../json.ts'
import type { Descriptor } from '../../oci/descriptor.ts'
import { isDigest } from '../../oci/digest.ts'
import { documentBytes, parseDocument } from '../../oci/document.ts'
import { parseIndex } from '../../oci/index/index.ts'
import { mediaTypes } from '../../oci/manifest.ts'
import { platformKey } from '../../oci/platform.ts'
import { replaceFile, syncFile } from '../../oci/store/blob.ts'
import { bringBlob } from '../../oci/store/bringing.ts'
import {
  blobPath,
  createLayout,
  type IndexName,
  namedDescriptors,
  REF_NAME,
  writeIndex,
} from '../../oci/store/layout.ts'
import type { StoredTree } from '../../oci/store/storedtree.ts'
import type { Access } from '../access.ts'
import { makeWhole, namesIn } from './beside.ts'
import { locked } from './lock.ts'

/**
 * Puts an image, or an index with all it names, into a layout, without skopeo, which leaves the platform out and writes
 * index.json in place (c/image oci/layout/oci_dest.go). A new layout comes to be whole. One that is there keeps its other
 * images and all that we do not know; its index changes in one step, and exports into it wait for one another. A failure
 * leaves what there was.
 *
 * @param names of it there, none for one without; they are taken from other images of the layout
 * @throws HostError when the folder holds something else than a layout, or the disk is full; ImageError when its index
 *   is none, or a blob is damaged; errors of the file system are passed on
 */
export async function writeToLayout(
  tree: StoredTree,
  folder: string,
  names: readonly IndexName[],
  access: Access,
): Promise<void> {
  const path = resolve(folder)
  const entries = namedDescriptors(tree.descriptor, names)
  const fill = async (temporary: string) => {
    const layout = await createLayout(temporary)
    for (const blob of tree.blobs) await bringBlob(layout.blobs, blob, access.signal)
    await writeIndex(layout, entries)
  }
  if ((await namesIn(path, 'an OCI layout')) === undefined && (await makeWhole(path, fill))) return
  await locked(path, access, async () => await addTree(tree, path, entries, access.signal))
}

/** @throws HostError when the folder holds something else than a layout; ImageError when its index is none */
export async function readLayoutIndex(folder: string): Promise<JsonObject> {
  const names = (await namesIn(folder, 'an OCI layout')) ?? []
  if (names.length > 0 && !names.includes('oci-layout')) {
    throw new HostError(
      'host-destination',
      `${folder} holds something else than an OCI layout`,
      'export to an empty folder or to a layout',
    )
  }
  if (!names.includes('index.json')) return {}
  return parseDocument(await readFile(join(folder, 'index.json')), `the index of ${folder}`)
}

async function addTree(
  tree: StoredTree,
  folder: string,
  added: readonly Descriptor[],
  signal: AbortSignal | undefined,
): Promise<void> {
  const index = await readLayoutIndex(folder)
  const isNew = (await namesIn(folder, 'an OCI layout'))?.length === 0
  const brought: string[] = []
  try {
    const layout = await createLayout(folder)
    for (const blob of tree.blobs) {
      if (await bringBlob(layout.blobs, blob, signal)) brought.push(blobPath(folder, blob.digest))
    }
    for (const path of [...brought, join(folder, 'oci-layout')]) await syncFile(path)
    signal?.throwIfAborted()
    const entries = Array.isArray(index['manifests']) ? index['manifests'] : []
    const isOld = await Promise.all(entries.map((entry) => isReplaced(entry, added, { tree, folder })))
    const kept = entries.filter((_, at) => !isOld[at])
    const changed = { ...index, schemaVersion: 2, mediaType: mediaTypes.index, manifests: [...kept, ...added] }
    await replaceFile(folder, 'index.json', documentBytes(changed))
  } catch (error) {
    for (const path of brought) await rm(path, { force: true })
    if (isNew) await emptyLayout(folder)
    throw error
  }
}

async function emptyLayout(folder: string): Promise<void> {
  await rm(join(folder, 'oci-layout'), { force: true })
  for (const name of [join('blobs', 'sha256'), 'blobs']) await rmdir(join(folder, name)).catch(() => {})
}

/**
 * Replaced is what has the same name; without a name, what is nameless too and for no other platform: of two such images
 * nobody could choose one.
 */
async function isReplaced(
  entry: unknown,
  by: readonly Descriptor[],
  { tree, folder }: { readonly tree: StoredTree; readonly folder: string },
): Promise<boolean> {
  if (!isJsonObject(entry)) return false
  const name = nameOf(entry)
  if (!by.some(({ annotations }) => annotations?.[REF_NAME] === name)) return false
  if (name !== undefined) return true
  const wanted = platformNames((tree.index?.manifests ?? [tree.descriptor]).map(({ platform }) => platform))
  const present = platformNames(await platformsOf(entry, folder))
  return present.length > 0 && present.every((each) => wanted.includes(each))
}

/** What an entry of index.json is for; nothing where it does not say it. */
async function platformsOf(entry: JsonObject, folder: string): Promise<readonly unknown[]> {
  const { mediaType, digest, platform } = entry
  if (mediaType !== mediaTypes.index || typeof digest !== 'string' || !isDigest(digest)) return [platform]
  try {
    return parseIndex(await readFile(blobPath(folder, digest)), mediaType).manifests.map((each) => each.platform)
  } catch {
    return []
  }
}

/** Under one name each; podman machine's are those of Go. */
function platformNames(platforms: readonly unknown[]): readonly string[] {
  return platforms.flatMap((platform) => {
    if (!isJsonObject(platform)) return []
    const { os, architecture, variant } = platform
    if (typeof os !== 'string' || typeof architecture !== 'string') return []
    return [platformKey({ os, architecture, ...(typeof variant === 'string' ? { variant } : {}) })]
  })
}

function nameOf(entry: JsonObject): unknown {
  const annotations = entry['annotations']
  return isJsonObject(annotations) ? annotations[REF_NAME] : undefined
}
