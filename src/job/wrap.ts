import { ImageError } from '../errors.ts'
import { annotationsFor, type LevelledAnnotation } from '../oci/annotations.ts'
import { type BaseImage, checkedLayers } from '../oci/baseimage.ts'
import type { ConfigChanges } from '../oci/container/config.ts'
import type { Descriptor } from '../oci/descriptor.ts'
import type { Digest } from '../oci/digest.ts'
import { append } from '../oci/image.ts'
import type { DiskFile } from '../oci/layer/diskbytes.ts'
import { writeSingleFileLayer } from '../oci/layer/filelayer.ts'
import { type Layer, writeDiskLayer } from '../oci/layer/layer.ts'
import type { Compression } from '../oci/packing/compression.ts'
import type { Platform } from '../oci/platform.ts'
import { type Layout, linkBlob, putBlob } from '../oci/store/layout.ts'

/** What is said of every child of a job. */
export interface ChildFacts {
  readonly platform: Platform
  /** The user's of every level, which win over ours. */
  readonly annotations: readonly LevelledAnnotation[]
  readonly title?: string
  readonly version?: string
  /** The time of everything in it. */
  readonly epochSeconds: number
  readonly signal?: AbortSignal
}

export interface ImageRequest extends ChildFacts {
  readonly disk: DiskFile
  /** Absolute. */
  readonly pathInImage: string
  /** Left out for an image of the disk alone. */
  readonly base?: BaseImage
  readonly changes: ConfigChanges
  /** Set after `changes`, which may clear all others. */
  readonly labels?: Readonly<Record<string, string>>
  readonly compression: Compression
  /** Whether the layer holds one file, the compressed disk, and nothing else: for podman 4.9. */
  readonly isSingleFile?: boolean
}

/** An image or artifact in a layout that nothing names yet. */
export interface WrittenChild {
  /** As in an index: with platform and the annotations of an entry. */
  readonly descriptor: Descriptor
  /** The blob with the disk, as it travels. */
  readonly blob: { readonly digest: Digest; readonly size: number }
  /** Of the layer that holds the disk in an image: what it was before compression. */
  readonly diffID?: Digest
}

/**
 * Puts a disk on a base: the blobs of an image in a layout. The same disk, base, request and time give the same digest.
 *
 * @throws ImageError when the base cannot be built upon; RegistryError when the base is for another platform; HostError
 *   when the disk file changes meanwhile or there is no space; AbortError after `signal`
 */
export async function writeImage(layout: Layout, request: ImageRequest): Promise<WrittenChild> {
  const { base, platform, pathInImage } = request
  const baseLayers = base === undefined ? [] : checkedLayers(base, platform)
  const layer = await writeLayer(layout, request)
  for (const { digest } of baseLayers) await linkBlob(layout, fileOf(digest, base), digest)
  const annotations = annotationsFor(request.annotations, 'manifest', platform)
  const image = append(base, layer, { ...request, annotations, createdBy: `kiwi-oci: ${pathInImage}` })
  await putBlob(layout, image.configBytes)
  await putBlob(layout, image.manifestBytes)
  const entry = annotationsFor(request.annotations, 'manifest-descriptor', platform)
  const descriptor = { ...image.descriptor, ...(Object.keys(entry).length === 0 ? {} : { annotations: entry }) }
  return { descriptor, blob: layer, diffID: layer.diffID }
}

async function writeLayer({ blobs }: Layout, request: ImageRequest): Promise<Layer> {
  const { disk, base, pathInImage: path, compression, epochSeconds, signal } = request
  const options = { compression, epochSeconds, blobs, ...(signal === undefined ? {} : { signal }) }
  return request.isSingleFile
    ? await writeSingleFileLayer(disk, { ...options, name: path.slice(1) })
    : await writeDiskLayer({ ...disk, path }, { ...options, hasBase: base !== undefined })
}

function fileOf(digest: Digest, base: BaseImage | undefined): string {
  const file = base?.blobs.get(digest)
  if (file !== undefined) return file
  throw new ImageError('image-damaged', `the base ${base?.name}`, [`its layer ${digest} was not fetched`])
}
