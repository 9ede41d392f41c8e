import { ImageError } from '../errors.ts'
import { annotationsFor, type LevelledAnnotation } from '../oci/annotations.ts'
import type { Descriptor } from '../oci/descriptor.ts'
import type { Digest } from '../oci/digest.ts'
import { imageIndex } from '../oci/index/imageindex.ts'
import { type Layout, putBlob, REF_NAME, writeIndex } from '../oci/store/layout.ts'
import { layoutViolations } from '../oci/store/validate.ts'
import type { WrittenChild } from './wrap.ts'

export interface NamedResult {
  /** Of the index, or of the only manifest. */
  readonly digest: Digest
  /** As in index.json, with the name. */
  readonly descriptor: Descriptor
  /** The name in index.json. */
  readonly reference: string
}

export interface LayoutNaming {
  /** The user's of every level. */
  readonly annotations?: readonly LevelledAnnotation[]
  /** Whether the children are entries of an index, be it a single one. */
  readonly isIndex: boolean
  /** What `index.json` calls it; `latest` where left out. */
  readonly reference?: string
  readonly signal?: AbortSignal
}

/**
 * Names what was written: the one child, or an index of all. Everything in the layout is checked from its files before
 * this returns, but for what was hashed on its way into them.
 *
 * @throws ImageError when the children cannot be one index, or the layout is not valid; AbortError after `signal`
 */
export async function nameChildren(
  layout: Layout,
  children: readonly WrittenChild[],
  naming: LayoutNaming,
): Promise<NamedResult> {
  const { reference = 'latest', signal } = naming
  const top = await topDescriptor(layout, children, naming)
  const descriptor = { ...top, annotations: { ...top.annotations, [REF_NAME]: reference } }
  await writeIndex(layout, [descriptor])
  const written = new Map(children.map(({ blob, diffID }) => [blob.digest, diffID]))
  const violations = await layoutViolations(layout.folder, { written, ...(signal === undefined ? {} : { signal }) })
  if (violations.length > 0) throw new ImageError('image-damaged', `the image in ${layout.folder}`, violations)
  return { digest: descriptor.digest, descriptor, reference }
}

async function topDescriptor(
  layout: Layout,
  children: readonly WrittenChild[],
  { annotations = [], isIndex }: LayoutNaming,
): Promise<Descriptor> {
  const entries = children.map(({ descriptor }) => descriptor)
  const [only] = entries
  if (!isIndex && only !== undefined && entries.length === 1) return only
  const { bytes, descriptor } = imageIndex(entries, annotationsFor(annotations, 'index'))
  await putBlob(layout, bytes)
  return { ...descriptor, annotations: annotationsFor(annotations, 'index-descriptor') }
}
