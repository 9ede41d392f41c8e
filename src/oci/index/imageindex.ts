import { ImageError } from '../../errors.ts'
import { DISK_TYPE_ANNOTATION } from '../annotations.ts'
import { annotationsMember, type Descriptor } from '../descriptor.ts'
import { digestOf } from '../digest.ts'
import { documentBytes } from '../document.ts'
import { DISK_TYPES } from '../kind.ts'
import { mediaTypes } from '../manifest.ts'
import type { Index } from './index.ts'
import { indexRuleViolations, isMachineEntry } from './indexrules.ts'

/** An index as it will be written. */
export interface ImageIndex {
  readonly index: Index
  readonly bytes: Buffer
  /** Of the index, without platform. */
  readonly descriptor: Descriptor
}

/**
 * One index of these entries, in one order whatever theirs is: by platform, the disks of podman machine last.
 * containerd and docker take `x86_64` for `amd64`, and the first that fits.
 *
 * @param annotations of the index
 * @throws ImageError when `indexRuleViolations` has any
 */
export function imageIndex(
  entries: readonly Descriptor[],
  annotations: Readonly<Record<string, string>> = {},
): ImageIndex {
  const manifests = entries.map(entryOf).sort(byPlace)
  const violations = indexRuleViolations(manifests)
  if (violations.length > 0) throw new ImageError('image-invalid', 'the index', violations)
  const index: Index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests, ...annotationsMember(annotations) }
  const bytes = documentBytes(index)
  return { index, bytes, descriptor: { mediaType: mediaTypes.index, digest: digestOf(bytes), size: bytes.length } }
}

/**
 * The known members in one order, so that the same entry is the same bytes wherever it was read. Without `artifactType`,
 * which the manifest says itself: skopeo before 1.16 leaves it out of an index that it copies, which then is another
 * (containers/image issue 2460), and fails where it may change nothing.
 */
function entryOf({ mediaType, digest, size, annotations = {}, platform }: Descriptor): Descriptor {
  const { architecture = '', os = '', variant } = platform ?? {}
  return {
    mediaType,
    digest,
    size,
    ...annotationsMember(annotations),
    ...(platform === undefined ? {} : { platform: { architecture, os, ...(variant ? { variant } : {}) } }),
  }
}

function byPlace(one: Descriptor, other: Descriptor): number {
  const [a, b] = [placeOf(one), placeOf(other)]
  const at = a.findIndex((value, part) => value !== b[part])
  return at < 0 ? 0 : (a[at] ?? '') < (b[at] ?? '') ? -1 : 1
}

/** What entries are sorted by, the most important first; the digest last, for one order even of what is refused. */
function placeOf(entry: Descriptor): readonly string[] {
  const { platform, annotations = {}, digest } = entry
  const group = isMachineEntry(entry) ? 1 : 0
  const diskType = (DISK_TYPES as readonly string[]).indexOf(annotations[DISK_TYPE_ANNOTATION] ?? '')
  return [`${group}`, platform?.os ?? '', platform?.architecture ?? '', platform?.variant ?? '', `${diskType}`, digest]
}
