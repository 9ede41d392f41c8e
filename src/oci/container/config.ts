import { ImageError } from '../../errors.ts'
import { isJsonObject, type JsonObject } from '../../json.ts'
import { type Digest, isDigest } from '../digest.ts'
import { parseDocument, sortedRecord } from '../document.ts'
import { rfc3339 } from '../epoch.ts'
import type { Platform } from '../platform.ts'
import { memberViolations } from './configmembers.ts'
import { diskStep, type History, type HistoryChanges, repairedHistory } from './history.ts'
import { portKey } from './port.ts'

/**
 * What the user wants different from the base. Left out keeps the base's value, null clears it. `env` and `labels` go
 * into the base's key by key, null for a key clears that one; `expose` and `volumes` are added to the base's.
 */
export interface ConfigChanges {
  readonly entrypoint?: readonly string[] | null
  readonly cmd?: readonly string[] | null
  readonly env?: Readonly<Record<string, string | null>> | null
  readonly labels?: Readonly<Record<string, string | null>> | null
  readonly user?: string | null
  readonly workdir?: string | null
  /** `PORT` or `PORT/PROTOCOL`, a key of ExposedPorts as it is */
  readonly expose?: readonly string[] | null
  readonly volumes?: readonly string[] | null
  readonly stopsignal?: string | null
  /** Who made the image; image-spec config.md, "author". */
  readonly author?: string | null
  /** What the history says of the disk's layer in place of what we say; null for all or a part takes ours. */
  readonly history?: HistoryChanges | null
}

/** How a container of the image starts; image-spec config.md, "config". */
export interface RuntimeConfig {
  readonly User?: string
  readonly ExposedPorts?: Readonly<Record<string, object>>
  readonly Env?: readonly string[]
  readonly Entrypoint?: readonly string[]
  readonly Cmd?: readonly string[]
  readonly Volumes?: Readonly<Record<string, object>>
  readonly WorkingDir?: string
  readonly Labels?: Readonly<Record<string, string>>
  readonly StopSignal?: string
  readonly [unknown: string]: unknown
}

/** image-spec config.md, or Docker's, which is the same with members of its own. */
export interface ImageConfig {
  readonly architecture: string
  readonly os: string
  readonly variant?: string
  /** RFC 3339 */
  readonly created?: string
  readonly author?: string
  readonly config?: RuntimeConfig
  readonly rootfs: { readonly type: 'layers'; readonly diff_ids: readonly Digest[] }
  readonly history?: readonly History[]
  readonly [unknown: string]: unknown
}

/** What one more layer does to a config. */
export interface ConfigUpdate {
  readonly changes: ConfigChanges
  readonly platform: Platform
  readonly diffID: Digest
  /** Set after `changes`, which may clear all others. */
  readonly labels?: Readonly<Record<string, string>>
  readonly epochSeconds: number
  /** For the history: who made the layer and how. */
  readonly createdBy: string
}

/**
 * The config of an image in the bytes that others wrote; members that are not known stay.
 *
 * @param subject names it in the error: `the config of ghcr.io/acme/x`
 * @throws ImageError when it is too large or deep, no JSON object, lacks architecture, os or diff IDs, or has a
 *   member of a kind that nobody who runs it could read
 */
export function parseConfig(bytes: Uint8Array, subject = 'the config'): ImageConfig {
  const document = parseDocument(bytes, subject)
  const { architecture, os, variant } = document
  const violations = [
    ...(typeof architecture === 'string' && architecture !== '' ? [] : ['it has no architecture']),
    ...(typeof os === 'string' && os !== '' ? [] : ['it has no os']),
    ...(variant === undefined || typeof variant === 'string' ? [] : ['its variant is no text']),
    ...rootfsViolations(document),
    ...memberViolations(document),
  ]
  if (violations.length > 0) throw new ImageError('image-invalid', subject, violations)
  // Go's encoder writes an empty slice or pointer as null.
  const nulls = ['history', 'config'].filter((member) => document[member] === null)
  const rootfs = { type: 'layers', diff_ids: [], ...without(document['rootfs'] as JsonObject, emptyMembers(document)) }
  return { ...without(document, nulls), rootfs } as unknown as ImageConfig
}

function emptyMembers(document: JsonObject): readonly string[] {
  const rootfs = document['rootfs']
  return isJsonObject(rootfs) && rootfs['diff_ids'] === null ? ['diff_ids'] : []
}

/** The config with one layer more; the history gets an entry for it, and what the base's history lacks. */
export function changedConfig(base: ImageConfig | undefined, update: ConfigUpdate): ImageConfig {
  const { platform, diffID } = update
  const created = rfc3339(update.epochSeconds)
  const diffIDs = base?.rootfs.diff_ids ?? []
  const variant = platform.variant ?? base?.variant
  const changed = changedRuntimeConfig(base?.config ?? {}, update.changes)
  const labels = update.labels ?? {}
  const runtime = Object.keys(labels).length === 0 ? changed : changedRuntimeConfig(changed, { labels })
  const { author = base?.author, history } = update.changes
  return {
    ...(base === undefined ? {} : without(base, ['variant', 'author'])),
    created,
    ...(author ? { author } : {}),
    architecture: platform.architecture,
    os: platform.os,
    ...(variant ? { variant } : {}),
    config: runtime,
    rootfs: { type: 'layers', diff_ids: [...diffIDs, diffID] },
    history: [
      ...repairedHistory(base?.history ?? [], diffIDs.length),
      diskStep({ created, created_by: update.createdBy }, history ?? {}),
    ],
  }
}

function changedRuntimeConfig(base: RuntimeConfig, changes: ConfigChanges): RuntimeConfig {
  const { expose, volumes } = changes
  const wanted: Readonly<Record<string, unknown>> = {
    User: changes.user,
    ExposedPorts: expose && portSet(base.ExposedPorts, expose),
    Env: changes.env && mergedEnv(base.Env ?? [], changes.env),
    Entrypoint: changes.entrypoint,
    Cmd: changes.cmd,
    Volumes: volumes && setOf(base.Volumes, volumes),
    WorkingDir: changes.workdir,
    Labels: changes.labels && mergedRecord(base.Labels ?? {}, changes.labels),
    StopSignal: changes.stopsignal,
  }
  const given = Object.entries(wanted).filter(([, value]) => value !== undefined)
  const kept = without(
    base,
    given.map(([key]) => key),
  )
  return { ...kept, ...Object.fromEntries(given.filter(([, value]) => !isEmpty(value))) }
}

/** The base's order, changed in place, new names behind: later ones may refer to earlier ones only by that order. */
function mergedEnv(base: readonly string[], changes: Readonly<Record<string, string | null>>): readonly string[] {
  const entries = new Map(base.map((entry) => [entry.split('=', 1)[0] ?? entry, entry]))
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) entries.delete(name)
    else entries.set(name, `${name}=${value}`)
  }
  return [...entries.values()]
}

function mergedRecord(
  base: Readonly<Record<string, string>>,
  changes: Readonly<Record<string, string | null>>,
): Readonly<Record<string, string>> {
  const entries = new Map<string, string | null>([...Object.entries(base), ...Object.entries(changes)])
  return sortedRecord([...entries].filter((entry): entry is [string, string] => entry[1] !== null))
}

function setOf(
  base: Readonly<Record<string, object>> | undefined,
  added: readonly string[],
): Readonly<Record<string, object>> {
  return sortedRecord([...Object.keys(base ?? {}), ...added].map((key) => [key, {}] as const))
}

/** As they are written, which image-spec config.md allows without a protocol, and a port that is there only once. */
function portSet(
  base: Readonly<Record<string, object>> | undefined,
  added: readonly string[],
): Readonly<Record<string, object>> {
  const ports = new Map(Object.keys(base ?? {}).map((key) => [portKey(key), key]))
  for (const port of added) if (!ports.has(portKey(port))) ports.set(portKey(port), port)
  return sortedRecord([...ports.values()].map((key) => [key, {}] as const))
}

function without<Value extends Readonly<Record<string, unknown>>>(value: Value, keys: readonly string[]): Value {
  return Object.fromEntries(Object.entries(value).filter(([key]) => !keys.includes(key))) as Value
}

function isEmpty(value: unknown): boolean {
  return value === null || value === '' || (typeof value === 'object' && Object.keys(value).length === 0)
}

function rootfsViolations(document: JsonObject): readonly string[] {
  const rootfs = document['rootfs']
  if (!isJsonObject(rootfs)) return ['it has no rootfs']
  // Go's encoder leaves an empty slice out, or writes null: an image without layers.
  const diffIDs = rootfs['diff_ids'] ?? []
  const valid = Array.isArray(diffIDs) && diffIDs.every((id) => typeof id === 'string' && isDigest(id))
  return [
    ...(rootfs['type'] === 'layers' ? [] : ['its rootfs.type is not "layers"']),
    ...(valid ? [] : ['its diff_ids are no list of sha256 digests']),
  ]
}
