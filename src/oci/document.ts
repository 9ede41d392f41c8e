import { ImageError } from '../errors.ts'
import { isJsonObject, type JsonObject } from '../json.ts'
import { repeatedName } from './jsonnames.ts'

/** What registries must at least take, and the limit of the distribution registry; distribution-spec, "Pushing Manifests". */
export const DOCUMENT_LIMIT_BYTES = 4 * 1024 * 1024
const DEPTH_LIMIT = 64

/**
 * The JSON object in a manifest, index or config that others wrote.
 *
 * @param subject names the document in the error: `the manifest of ghcr.io/acme/x`
 * @throws ImageError when it is larger than 4 MiB, nested deeper than 64, not UTF-8, not JSON, not an object, or
 *   has a name twice in one object
 */
export function parseDocument(bytes: Uint8Array, subject: string): JsonObject {
  if (bytes.length > DOCUMENT_LIMIT_BYTES)
    throw new ImageError('image-document', subject, [`it has ${bytes.length} bytes, more than 4 MiB`])
  if (depthOf(bytes) > DEPTH_LIMIT)
    throw new ImageError('image-document', subject, [`its JSON is nested deeper than ${DEPTH_LIMIT}`])
  const { value, text } = parsedJson(bytes, subject)
  if (!isJsonObject(value)) throw new ImageError('image-document', subject, ['it is not a JSON object'])
  const twice = repeatedName(text)
  if (twice !== undefined) {
    throw new ImageError('image-document', subject, [`it has ${JSON.stringify(twice)} twice in one object`])
  }
  return value
}

/** Compact JSON in UTF-8, keys in the order of the value: the same value gives the same bytes. */
export function documentBytes(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value), 'utf8')
}

/** A mapping with its keys in byte order, as Go's encoder writes maps, so that the order of the input changes no digest. */
export function sortedRecord<Value>(entries: Iterable<readonly [string, Value]>): Readonly<Record<string, Value>> {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
}

function parsedJson(bytes: Uint8Array, subject: string): { readonly value: unknown; readonly text: string } {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    return { value: JSON.parse(text), text }
  } catch (error) {
    throw new ImageError('image-document', subject, [
      `it is not JSON in UTF-8 (${`${error instanceof Error ? error.message : error}`.replaceAll(/\s+/g, ' ')})`,
    ])
  }
}

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPENING: ReadonlySet<number> = new Set([0x5b, 0x7b])
const CLOSING: ReadonlySet<number> = new Set([0x5d, 0x7d])

function depthOf(bytes: Uint8Array): number {
  let depth = 0
  let deepest = 0
  let inString = false
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0
    if (inString) {
      if (byte === BACKSLASH) at++
      else if (byte === QUOTE) inString = false
    } else if (byte === QUOTE) inString = true
    else if (OPENING.has(byte)) deepest = Math.max(deepest, ++depth)
    else if (CLOSING.has(byte)) depth--
  }
  return deepest
}
