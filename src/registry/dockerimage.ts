import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { blobName, layoutArchive } from '../oci/archive.ts'
import { documentBytes } from '../oci/document.ts'
import { gzipLayers, hasZstdLayers } from '../oci/gziplayers.ts'
import { namedDescriptors } from '../oci/layout.ts'
import type { StoredImage } from '../oci/storedimage.ts'
import type { Access } from './access.ts'

/** The name that containerd, and docker's engine on it, give an image of an archive; containerd pkg/archive annotations. */
const CONTAINERD_NAME = 'io.containerd.image.name'

/**
 * An archive for `docker load`: that of a layout with docker's manifest.json beside index.json, as buildx writes it. So
 * the layers stay compressed, nothing is copied beside the archive, and what reads OCI finds our digest and annotations.
 *
 * @param image without zstd layers
 * @param names whole, for RepoTags
 */
export function dockerArchive(image: StoredImage, names: readonly string[], signal?: AbortSignal) {
  const { config, layers } = image.manifest
  const manifest = [{ Config: blobName(config), RepoTags: names, Layers: layers.map(blobName) }]
  const entries = namedDescriptors(image.descriptor, names).map((entry, position) => {
    const name = names[position]
    return name === undefined ? entry : { ...entry, annotations: { ...entry.annotations, [CONTAINERD_NAME]: name } }
  })
  const documents = { 'manifest.json': documentBytes(manifest) }
  return layoutArchive(image, { entries, documents, ...(signal === undefined ? {} : { signal }) })
}

/**
 * Works with an image that docker takes: Docker's format has no zstd layers, they are made gzip in a temporary folder
 * first, which the log says.
 *
 * @param target for the log
 * @param level of gzip, 1 to 9
 * @throws what `gzipLayers` and `work` do
 */
export async function withDockerImage<Result>(
  image: StoredImage,
  { target, level, access }: { readonly target: string; readonly level: number; readonly access: Access },
  work: (image: StoredImage) => Promise<Result>,
): Promise<Result> {
  if (!hasZstdLayers(image)) return await work(image)
  const folder = await mkdtemp(join(access.tmpFolder, 'gzip-'))
  try {
    const { signal } = access
    const changed = await gzipLayers(image, { folder, level, ...(signal === undefined ? {} : { signal }) })
    const digests = `${changed.descriptor.digest} instead of ${image.descriptor.digest}`
    access.report.info(`${target}: Docker's format takes no zstd layers, so they become gzip and the digest ${digests}`)
    return await work(changed)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
