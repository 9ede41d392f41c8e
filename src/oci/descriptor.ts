import { isJsonObject, type JsonObject } from '../json.ts'
import { type Digest, isDigest } from './digest.ts'
import { sortedRecord } from './document.ts'
import { miswrittenNames } from './jsonnames.ts'
import type { Platform } from './platform.ts'

/** What a manifest or index says of a blob; image-spec descriptor.md. */
export interface Descriptor {
  readonly mediaType: string
  readonly digest: Digest
  /** Of the blob, in bytes. */
  readonly size: number
  readonly annotations?: Readonly<Record<string, string>>
  readonly platform?: Platform
  readonly artifactType?: string
}

/** RFC 6838 section 4.2, as the image-spec asks for. */
const MEDIA_TYPE = /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/

const MEMBERS = ['mediaType', 'digest', 'size', 'urls', 'annotations', 'data', 'platform', 'artifactType']

/** What is wrong with a parsed descriptor, each line led by `where`; empty when `descriptorFrom` may take it. */
export function descriptorViolations(value: unknown, where: string): readonly string[] {
  if (!isJsonObject(value)) return [`${where} is not a descriptor`]
  const violations = miswrittenNames(value, MEMBERS).map((name) => `${where} has ${name}, written in another case`)
  if (typeof value['mediaType'] !== 'string' || !MEDIA_TYPE.test(value['mediaType'])) {
    violations.push(`${where} has no valid mediaType`)
  }
  if (typeof value['digest'] !== 'string' || !isDigest(value['digest'])) {
    violations.push(`${where} has no sha256 digest`)
  }
  if (!Number.isSafeInteger(value['size']) || (value['size'] as number) < 0) {
    violations.push(`${where} has no size in bytes`)
  }
  if (value['urls'] !== undefined) {
    violations.push(`${where} has urls: content that is not in the registry is never fetched`)
  }
  if (value['artifactType'] !== undefined && typeof value['artifactType'] !== 'string') {
    violations.push(`${where} has an artifactType that is no text`)
  }
  violations.push(...annotationViolations(value['annotations'], where), ...platformViolations(value['platform'], where))
  return violations
}

/** The known members of a descriptor without violations, in the order the specification lists them. */
export function descriptorFrom(value: JsonObject): Descriptor {
  const { mediaType, digest, size, annotations, platform, artifactType } = value as unknown as Descriptor
  return {
    mediaType,
    digest,
    size,
    ...(annotations === undefined ? {} : { annotations }),
    ...(platform === undefined ? {} : { platform }),
    ...(artifactType === undefined ? {} : { artifactType }),
  }
}

/** The annotations member of a document or descriptor: sorted, and none where there are no annotations. */
export function annotationsMember(annotations: Readonly<Record<string, string>>): Pick<Descriptor, 'annotations'> {
  const entries = Object.entries(annotations)
  return entries.length === 0 ? {} : { annotations: sortedRecord(entries) }
}

/** What is wrong with an annotations member, which may be absent; image-spec annotations.md. */
export function annotationViolations(value: unknown, where: string): readonly string[] {
  if (value === undefined) return []
  const valid = isJsonObject(value) && Object.values(value).every((text) => typeof text === 'string')
  return valid ? [] : [`${where} has annotations that are no mapping of texts`]
}

function platformViolations(value: unknown, where: string): readonly string[] {
  if (value === undefined) return []
  const valid =
    isJsonObject(value) &&
    typeof value['os'] === 'string' &&
    typeof value['architecture'] === 'string' &&
    ['undefined', 'string'].includes(typeof value['variant'])
  return valid ? [] : [`${where} has a platform without os and architecture`]
}
