import { ImageError } from '../../errors.ts'
import type { JsonObject } from '../../json.ts'
import { annotationViolations, type Descriptor, descriptorFrom, descriptorViolations } from '../descriptor.ts'
import { parseDocument } from '../document.ts'
import { miswrittenNames } from '../jsonnames.ts'
import { artifactTypeViolations, mediaTypeOf, mediaTypes, mediaTypeViolations } from '../manifest.ts'
import { acceptedVariants, type Platform } from '../platform.ts'

/** An image index, or a Docker manifest list as `mediaType` says; image-spec image-index.md. */
export interface Index {
  readonly schemaVersion: 2
  readonly mediaType: string
  readonly artifactType?: string
  readonly manifests: readonly Descriptor[]
  readonly annotations?: Readonly<Record<string, string>>
}

const ENTRY_LIMIT = 500
const MEMBERS = ['schemaVersion', 'mediaType', 'artifactType', 'manifests', 'subject', 'annotations']
const FOREIGN_MEMBERS = ['config', 'layers', 'fsLayers', 'history']

/**
 * The index in the bytes that others wrote.
 *
 * @param expectedMediaType what the registry or the descriptor called it; left out, the index's own word counts
 * @param subject names it in the error: `the index of ghcr.io/acme/x`
 * @throws ImageError with all violations, by the same limits and rules as `parseManifest`
 */
export function parseIndex(bytes: Uint8Array, expectedMediaType?: string, subject = 'the index'): Index {
  const document = parseDocument(bytes, subject)
  const violations = indexViolations(document, expectedMediaType)
  if (violations.length > 0) throw new ImageError('image-invalid', subject, violations)
  const { artifactType, annotations } = document as unknown as Index
  return {
    schemaVersion: 2,
    mediaType: mediaTypeOf(document, expectedMediaType) ?? mediaTypes.index,
    ...(artifactType === undefined ? {} : { artifactType }),
    manifests: (document['manifests'] as readonly JsonObject[]).map(descriptorFrom),
    ...(annotations === undefined ? {} : { annotations }),
  }
}

function indexViolations(document: JsonObject, announced: string | undefined): readonly string[] {
  const { manifests } = document
  const violations = [
    ...(document['schemaVersion'] === 2 ? [] : ['its schemaVersion is not 2']),
    ...mediaTypeViolations(document, announced, [mediaTypes.index, mediaTypes.dockerList]),
    ...FOREIGN_MEMBERS.filter((member) => member in document).map((member) => `it has ${member}, which no index has`),
    ...miswrittenNames(document, MEMBERS).map((name) => `it has ${name}, written in another case`),
    ...artifactTypeViolations(document),
    ...annotationViolations(document['annotations'], 'it'),
  ]
  if (!Array.isArray(manifests)) return [...violations, 'it has no manifests']
  if (manifests.length > ENTRY_LIMIT) {
    return [...violations, `it has ${manifests.length} entries, more than ${ENTRY_LIMIT}`]
  }
  return [...violations, ...manifests.flatMap((entry, at) => descriptorViolations(entry, `entry ${at + 1}`))]
}

/**
 * The entry of an index to take, by the rules of containerd and c/image: the exact variant before lesser ones before
 * none (`arm64` and `arm64/v8` are one), the first of several equals, and an entry without platform as the last resort.
 *
 * @returns undefined when no entry is for the platform
 */
export function matchingDescriptor(entries: readonly Descriptor[], wanted: Platform): Descriptor | undefined {
  const ofKind = entries.filter(
    ({ platform }) => platform?.os === wanted.os && platform.architecture === wanted.architecture,
  )
  for (const variant of acceptedVariants(wanted)) {
    const match = ofKind.find(({ platform }) => (platform?.variant ?? '') === variant)
    if (match) return match
  }
  return entries.find(({ platform }) => platform === undefined)
}
