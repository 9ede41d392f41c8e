import { copyFile, link, lstat, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ImageError, RegistryError } from '../../errors.ts'
import type { BaseImage } from '../../oci/baseimage.ts'
import type { ImageConfig } from '../../oci/container/config.ts'
import type { Descriptor } from '../../oci/descriptor.ts'
import { type Digest, fileDigest } from '../../oci/digest.ts'
import { parseIndex } from '../../oci/index/index.ts'
import { type Manifest, mediaTypes, ociManifestFrom, parseManifest } from '../../oci/manifest.ts'
import { makeFolder } from '../../oci/store/folder.ts'
import { blobPath } from '../../oci/store/layout.ts'
import type { Access } from '../access.ts'
import { copyImage } from '../skopeo.ts'
import { folderName, imageNameText } from '../transport.ts'
import { basePurpose, platformFlags, type ResolvedBase } from './base.ts'

/** Where layers stay between jobs. */
export interface BlobStore {
  /** A file with exactly these bytes, checked now; undefined when there is none (any more). */
  take(digest: Digest): Promise<string | undefined>
  /** Puts a checked file in. A failure is no error of the job. */
  keep(digest: Digest, file: string): Promise<void>
}

const NAME_IN_FOLDER = 'base'
/**
 * Layers as they are: without the first flag c/image compresses what is not (oci/layout/oci_dest.go), and signatures
 * have no place in a layout. The trust policy of the machine is held against them before.
 */
const AS_IT_IS = ['--dest-oci-accept-uncompressed-layers', '--remove-signatures']

/**
 * Fetches the layers of a base: those of the store are taken from there, the others come from where the base is and go
 * into the store. Every layer is hashed.
 *
 * @param folder of this job, not there yet: becomes an OCI layout with the layers in its `blobs/sha256`
 * @throws RegistryError when a layer cannot be had or is damaged
 */
export async function fetchBase(
  resolved: ResolvedBase,
  folder: string,
  store: BlobStore | undefined,
  access: Access,
): Promise<BaseImage> {
  await makeFolder(join(folder, 'blobs', 'sha256'))
  const { name, publishedName, digest, config, manifest } = resolved
  const complete = manifest
    ? await fetchFromRegistry(resolved, manifest, folder, store, access)
    : await fetchFromHere(resolved, folder, access)
  const blobs = new Map(complete.layers.map((layer) => [layer.digest, blobPath(folder, layer.digest)]))
  return { manifest: complete, config, blobs, name, publishedName, digest }
}

async function fetchFromRegistry(
  resolved: ResolvedBase,
  manifest: Manifest,
  folder: string,
  store: BlobStore | undefined,
  access: Access,
): Promise<Manifest> {
  const layers = distinct(ociManifestFrom(manifest, `the base ${resolved.name}`).layers)
  const missing: Descriptor[] = []
  for (const layer of layers) {
    const file = await store?.take(layer.digest)
    if (file === undefined) missing.push(layer)
    else await linkOrCopy(file, blobPath(folder, layer.digest))
  }
  const cached = layers.length - missing.length
  if (cached > 0) access.report.info(`${cached} of ${layers.length} layers of the base come from the cache`)
  if (missing.length === 0) return manifest
  // A layout as destination takes what stands in blobs/sha256 as fetched, by name alone; dir: would empty the folder first.
  const to = folderName('oci', folder, NAME_IN_FOLDER)
  const copy = { from: imageNameText(resolved.pinned), to, flags: ['--quiet', ...AS_IT_IS] }
  await copyImage(copy, access, basePurpose(resolved.name))
  for (const layer of missing) {
    const file = blobPath(folder, layer.digest)
    await checkLayer(resolved.name, file, layer)
    await store?.keep(layer.digest, file)
  }
  return manifest
}

async function fetchFromHere(resolved: ResolvedBase, folder: string, access: Access): Promise<Manifest> {
  const from = imageNameText(resolved.pinned)
  const to = folderName('oci', folder, NAME_IN_FOLDER)
  const globals = platformFlags(resolved.platform)
  await copyImage({ from, to, flags: ['--quiet', ...AS_IT_IS], globals }, access, basePurpose(resolved.name))
  const index = parseIndex(await readFile(join(folder, 'index.json')), undefined, `the copy of ${resolved.name}`)
  const [descriptor] = index.manifests
  if (!descriptor) throw new ImageError('image-damaged', `the copy of ${resolved.name}`, ['skopeo wrote no manifest'])
  const bytes = await readFile(blobPath(folder, descriptor.digest))
  const manifest = parseManifest(bytes, descriptor.mediaType, `the manifest of ${resolved.name}`)
  const described = {
    ...manifest,
    layers: manifest.layers.map((layer, at) => asCompressed(layer, resolved.config, at)),
  }
  for (const layer of distinct(described.layers)) await checkLayer(resolved.name, blobPath(folder, layer.digest), layer)
  return described
}

/**
 * Archives and container storages give their layers uncompressed, under a media type with +gzip (c/image
 * docker/internal/tarfile/src.go). A layer whose digest is its diff ID is a plain tar.
 */
function asCompressed(layer: Descriptor, config: ImageConfig, at: number): Descriptor {
  return layer.digest === config.rootfs.diff_ids[at] ? { ...layer, mediaType: mediaTypes.layer } : layer
}

async function checkLayer(name: string, file: string, layer: Descriptor): Promise<void> {
  const found = (await lstat(file).catch(() => undefined))?.isFile() ? await fileDigest(file) : undefined
  if (found?.digest === layer.digest && found.sizeBytes === layer.size) return
  const what = found === undefined ? 'did not come' : `came damaged (${found.digest}, ${found.sizeBytes} bytes)`
  const message = `the base ${name} cannot be used: its layer ${layer.digest} of ${layer.size} bytes ${what}; try again`
  throw new RegistryError('registry-damaged', message, { side: 'base', reference: name })
}

function distinct(layers: readonly Descriptor[]): readonly Descriptor[] {
  return [...new Map(layers.map((layer) => [layer.digest, layer])).values()]
}

async function linkOrCopy(from: string, to: string): Promise<void> {
  await link(from, to).catch(async () => await copyFile(from, to))
}
