import { mkdtemp, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { documentBytes } from '../../oci/document.ts'
import { blobName, layoutArchive } from '../../oci/store/archive.ts'
import { gzipLayers, hasZstdLayers } from '../../oci/store/gziplayers.ts'
import { namedDescriptors } from '../../oci/store/layout.ts'
import type { StoredImage } from '../../oci/store/storedimage.ts'
import type { Access } from '../access.ts'

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
  const entries = namedDescriptors(
    image.descriptor,
    names.map((name) => ({ ref: name, whole: name })),
  )
  const documents = { 'manifest.json': documentBytes(manifest) }
  return layoutArchive(image, { entries, documents, ...(signal === undefined ? {} : { signal }) })
}

/** An image as docker takes it, made at the first need and kept for all docker's targets of a run. */
export interface DockerForm extends AsyncDisposable {
  /** @throws what `gzipLayers` does */
  of(image: StoredImage): Promise<StoredImage>
}

/**
 * Docker's format has no zstd layers: they are made gzip in a temporary folder, which the log says. All else stays as it
 * is.
 */
export function dockerForm({ tmpFolder, signal, report }: Access): DockerForm {
  const folders: string[] = []
  let made: StoredImage | undefined
  return {
    of: async (image) => {
      if (!hasZstdLayers(image)) return image
      if (made !== undefined) return made
      const folder = await mkdtemp(join(tmpFolder, 'gzip-'))
      folders.push(folder)
      made = await gzipLayers(image, { folder, ...(signal === undefined ? {} : { signal }) })
      const digests = `${made.descriptor.digest} instead of ${image.descriptor.digest}`
      report.info(`Docker's format takes no zstd layers: for docker they become gzip, and the digest ${digests}`)
      return made
    },
    [Symbol.asyncDispose]: async () => {
      for (const folder of folders) await rm(folder, { recursive: true, force: true })
    },
  }
}
