import { type NamedResult, nameChildren } from '../../src/job/naming.ts'
import { type ImageRequest, writeImage } from '../../src/job/wrap.ts'
import type { Digest } from '../../src/oci/digest.ts'
import { createLayout } from '../../src/oci/store/layout.ts'

export interface WrapRequest extends Omit<ImageRequest, 'disk' | 'annotations'> {
  /** The disk file. */
  readonly disk: string
  /** Of the manifest. */
  readonly annotations: Readonly<Record<string, string>>
  readonly layoutFolder: string
}

export interface Wrapped extends NamedResult {
  readonly layout: string
  /** With the disk. */
  readonly layer: { readonly digest: Digest; readonly size: number }
}

/** One image in a layout of its own. */
export async function wrapDisk({ disk, annotations, layoutFolder, ...request }: WrapRequest): Promise<Wrapped> {
  const layout = await createLayout(layoutFolder)
  const levelled = Object.entries(annotations).map(([key, value]) => ({ levels: ['manifest'] as const, key, value }))
  const written = await writeImage(layout, { ...request, disk: { source: disk }, annotations: levelled })
  const named = await nameChildren(layout, [written], { isIndex: false })
  return { ...named, layout: layoutFolder, layer: written.blob }
}
