import type { Extent } from '../oci/layer/extent.ts'
import { CLUSTER_BYTES, qcow2Map } from './formats/qcow2.ts'
import type { Range } from './range.ts'
import { allocatedRanges, usedRanges } from './ranges.ts'

/** What a file in an image holds, to be read from a raw disk without writing a file in between. */
export interface DiskContent {
  readonly extents: readonly Extent[]
  /** Of all extents together. */
  readonly sizeBytes: number
}

/** The raw disk itself, its holes as zeros that are not read. */
export async function rawContent(path: string, sizeBytes: number, signal?: AbortSignal): Promise<DiskContent> {
  const extents: Extent[] = []
  let at = 0
  const zerosTo = (offset: number) => {
    if (offset > at) extents.push({ kind: 'zeros', length: offset - at })
  }
  for (const { offset, length } of await allocatedRanges(path, { sizeBytes, ...(signal ? { signal } : {}) })) {
    zerosTo(offset)
    extents.push({ kind: 'data', offset, length })
    at = offset + length
  }
  zerosTo(sizeBytes)
  return { extents, sizeBytes }
}

/**
 * The raw disk as a qcow2 of plain clusters, which a compressor makes smaller than compressed ones. Like that of
 * `qemu-img convert`, it holds no cluster of zeros; unlike it, no file is written.
 */
export async function qcow2Content(path: string, sizeBytes: number, signal?: AbortSignal): Promise<DiskContent> {
  const facts = { grainBytes: CLUSTER_BYTES, sizeBytes, ...(signal === undefined ? {} : { signal }) }
  const map = qcow2Map(sizeBytes, await usedRanges(path, facts))
  return {
    extents: [{ kind: 'bytes', bytes: map.head }, ...map.data.flatMap(wholeClusters)],
    sizeBytes: map.sizeBytes,
  }
}

function wholeClusters({ offset, length }: Range): readonly Extent[] {
  const rest = (CLUSTER_BYTES - (length % CLUSTER_BYTES)) % CLUSTER_BYTES
  const data: Extent = { kind: 'data', offset, length }
  return rest === 0 ? [data] : [data, { kind: 'zeros', length: rest }]
}
