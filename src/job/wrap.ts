import { ImageError } from '../errors.ts'
import type { ConfigChanges } from '../oci/container/config.ts'
import type { Descriptor } from '../oci/descriptor.ts'
import type { Digest } from '../oci/digest.ts'
import { append, type BaseImage, checkedLayers } from '../oci/image.ts'
import type { Extent } from '../oci/layer/extent.ts'
import type { FileState } from '../oci/layer/filestate.ts'
import { type Layer, writeDiskLayer } from '../oci/layer/layer.ts'
import type { Compression } from '../oci/packing/compression.ts'
import type { Platform } from '../oci/platform.ts'
import { createLayout, linkBlob, putBlob, REF_NAME, writeIndex } from '../oci/store/layout.ts'
import { layoutViolations } from '../oci/store/validate.ts'

export interface WrapRequest {
  readonly disk: {
    /** The disk file on this machine. */
    readonly path: string
    /** Absolute. */
    readonly pathInImage: string
    /** What the file in the image holds, where it is not what the disk file holds. */
    readonly content?: readonly Extent[]
    /** What the disk file was before anything was learned of it. */
    readonly state?: FileState
  }
  /** Left out for an image of the disk alone. */
  readonly base?: BaseImage
  readonly platform: Platform
  readonly changes: ConfigChanges
  /** Set after `changes`, which may clear all others. */
  readonly labels?: Readonly<Record<string, string>>
  /** The user's, which win over ours. */
  readonly annotations: Readonly<Record<string, string>>
  readonly title?: string
  readonly version?: string
  readonly compression: Compression
  /** The time of everything in the image. */
  readonly epochSeconds: number
  /** Made where it is missing. */
  readonly layoutFolder: string
  /** The image's name in the layout; `latest` where left out. */
  readonly reference?: string
  readonly signal?: AbortSignal
}

export interface Wrapped {
  /** The folder of the layout. */
  readonly layout: string
  /** Of the manifest. */
  readonly digest: Digest
  /** As in index.json, with platform and name. */
  readonly descriptor: Descriptor
  /** The layer with the disk. */
  readonly layer: Layer
  /** The name in index.json. */
  readonly reference: string
  /** Of all blobs of the image together, manifest and config included. */
  readonly sizeBytes: number
}

/**
 * Puts a disk on a base: an image in a layout of its own, checked from its files before it is returned. The same disk,
 * base, request and time give the same digest.
 *
 * @throws ImageError when the base cannot be built upon or the layout is not valid; RegistryError when the base is for
 *   another platform; HostError when the disk file changes meanwhile or there is no space; AbortError after `signal`
 */
export async function wrapDisk(request: WrapRequest): Promise<Wrapped> {
  const { disk, base, compression, epochSeconds, layoutFolder, signal, reference = 'latest' } = request
  const baseLayers = base === undefined ? [] : checkedLayers(base, request.platform)
  const layout = await createLayout(layoutFolder)
  const { path: source, pathInImage, ...known } = disk
  const file = { source, path: pathInImage, ...known }
  const options = { compression, epochSeconds, blobs: layout.blobs, hasBase: base !== undefined }
  const layer = await writeDiskLayer(file, { ...options, ...(signal === undefined ? {} : { signal }) })
  for (const { digest } of baseLayers) await linkBlob(layout, fileOf(digest, base), digest)

  const image = append(base, layer, { ...request, createdBy: `kiwi-oci: ${pathInImage}` })
  await putBlob(layout, image.configBytes)
  await putBlob(layout, image.manifestBytes)
  const descriptor = { ...image.descriptor, annotations: { [REF_NAME]: reference } }
  await writeIndex(layout, [descriptor])

  const violations = await layoutViolations(layoutFolder, {
    known: new Map([[layer.digest, layer.diffID]]),
    ...(signal === undefined ? {} : { signal }),
  })
  if (violations.length > 0) throw new ImageError(`the image in ${layoutFolder}`, violations)
  const blobs = [descriptor, image.manifest.config, ...image.manifest.layers]
  const sizeBytes = blobs.reduce((total, blob) => total + blob.size, 0)
  return { layout: layoutFolder, digest: descriptor.digest, descriptor, layer, reference, sizeBytes }
}

function fileOf(digest: Digest, base: BaseImage | undefined): string {
  const file = base?.blobs.get(digest)
  if (file !== undefined) return file
  throw new ImageError(`the base ${base?.name}`, [`its layer ${digest} was not fetched`])
}
