import type { DiskFormat } from '../disk/format.ts'
import type { Descriptor } from '../oci/descriptor.ts'
import type { Digest } from '../oci/digest.ts'
import type { DiskType, Kind } from '../oci/kind.ts'
import { repositoryOf } from '../oci/reference.ts'

/** What the build leaves for publishing: images in a layout. Plain data, written as JSON between the steps. */
export interface Built {
  readonly workFolder: string
  readonly layout: string
  /** The name in the layout's `index.json`. */
  readonly reference: string
  /** Of the index, or of the only child. */
  readonly digest: Digest
  readonly descriptor: Descriptor
  /** Of the first child. */
  readonly disk: BuiltDisk
  /** Size of the first child's disk as it travels, in bytes. */
  readonly layerSizeBytes: number
  /** Every image and artifact, in the order of the index; never empty. */
  readonly children: readonly BuiltChild[]
  readonly base?: { readonly name: string; readonly digest: Digest }
  readonly kiwi?: { readonly version: string }
  readonly phases: readonly Phase[]
}

export interface BuiltChild {
  readonly kind: Kind
  /** Of the kind `podman-machine`. */
  readonly diskType?: DiskType
  readonly digest: Digest
  /** As in the index, where there is one: with platform. */
  readonly descriptor: Descriptor
  readonly disk: Omit<BuiltDisk, 'file'>
  /** Size of the blob with the disk, in bytes. */
  readonly layerSizeBytes: number
}

export interface BuiltDisk {
  /** Path in the image, or the title of the artifact. */
  readonly path: string
  /** The file on this machine: the raw disk where its content goes straight into the blob, else one of `format`. */
  readonly file: string
  /** Of the disk in the image. */
  readonly format: DiskFormat
  readonly virtualSizeBytes: number
  /** Of the disk in the image, as a file: not what `file` has where its content is read from a raw disk. */
  readonly sizeBytes: number
}

export interface Phase {
  readonly name: string
  readonly seconds: number
}

/** What carries the digest now. */
export interface Published {
  readonly tags: readonly string[]
  /** `REPOSITORY@DIGEST` of the first tag, or of what was pushed by digest; empty when nothing was pushed. */
  readonly image: string
  readonly exports: readonly string[]
}

/**
 * How far a push has come.
 *
 * @param tags of the plan
 * @param carrying those of them that carry the digest by now
 */
export function reachedTags(
  tags: readonly string[],
  carrying: ReadonlySet<string>,
  digest: Digest,
): Pick<Published, 'tags' | 'image'> {
  const [first] = tags
  return {
    tags: tags.filter((tag) => carrying.has(tag)),
    image: first !== undefined && carrying.has(first) ? `${repositoryOf(first)}@${digest}` : '',
  }
}

export const UNPUBLISHED: Published = { tags: [], image: '', exports: [] }

/** The output `metadata`; the first three keys as buildx writes them (docker/buildx, `--metadata-file`). */
export function metadataText(built: Built, published: Published): string {
  const { path, format, virtualSizeBytes, sizeBytes } = built.disk
  return JSON.stringify({
    'containerimage.digest': built.digest,
    'containerimage.descriptor': built.descriptor,
    'image.name': published.tags.join(',') || (published.image.split('@')[0] ?? ''),
    disk: { path, format, virtualSizeBytes, sizeBytes },
    images: built.children,
    base: built.base ?? null,
    kiwi: built.kiwi ?? null,
  })
}
