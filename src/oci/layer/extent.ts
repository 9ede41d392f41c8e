/** A run of a file's content, as it goes into a layer: bytes of the source file, zeros, or bytes that are given here. */
export type Extent =
  | { readonly kind: 'data'; readonly offset: number; readonly length: number }
  | { readonly kind: 'zeros'; readonly length: number }
  | { readonly kind: 'bytes'; readonly bytes: Buffer }

export function extentLength(extent: Extent): number {
  return extent.kind === 'bytes' ? extent.bytes.length : extent.length
}
