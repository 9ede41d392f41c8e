import { setTimeout } from 'node:timers/promises'
import { type Digest, digestHex, digestOf } from '../oci/digest.ts'
import type { Report } from '../report.ts'

/** The cache of a hosted runner: entries by key that never change once they are written. */
export interface RemoteCache {
  /** Fills the folder; false when there is no such entry. */
  restore(key: string, folder: string): Promise<boolean>
  save(key: string, folder: string): Promise<void>
}

/** Ours in front; a new number when what is in an entry changes its meaning. */
const PREFIX = 'kiwi-oci-1'
/** `@actions/cache` takes no longer keys, and commas would split a list of them. */
const KEY_LIMIT = 512
const RESTORE_LIMIT_MILLISECONDS = 60_000

/** The key of a base's layers: the manifest names them all. */
export function baseKey(manifest: Digest): string {
  return cacheKey(['base', digestHex(manifest)])
}

/**
 * The key of the packages that a build downloads.
 *
 * @param fingerprint of the description: another one needs other packages
 */
export function packagesKey(fingerprint: string, architecture: string, packageManager: string): string {
  return cacheKey(['packages', packageManager, architecture, fingerprint])
}

/** Where a folder that stays has the packages of one package manager and architecture. */
export function packagesFolder(packageManager: string, architecture: string): string {
  return [packageManager, architecture].map(safe).join('-')
}

/**
 * A key from parts: only characters that every cache takes, at most 512 of them. Parts that had to change are told apart
 * by a hash of all parts.
 */
export function cacheKey(parts: readonly string[]): string {
  const plain = [PREFIX, ...parts].join('-')
  const key = [PREFIX, ...parts.map(safe)].join('-')
  if (key === plain && key.length <= KEY_LIMIT) return key
  const hash = digestHex(digestOf(JSON.stringify(parts)))
  return `${key.slice(0, KEY_LIMIT - hash.length - 1)}-${hash}`
}

/**
 * Fills a folder from the cache. Whatever goes wrong, and an answer that takes too long, is a warning and a miss: a cache
 * never fails a job. What came must be checked by who uses it.
 *
 * @param what for the warning: `the layers of the base`
 */
export async function restoreFolder(
  cache: RemoteCache,
  entry: { readonly key: string; readonly folder: string; readonly what: string },
  report: Report,
  limitMilliseconds = RESTORE_LIMIT_MILLISECONDS,
): Promise<boolean> {
  const { key, folder, what } = entry
  const stop = new AbortController()
  const late = setTimeout(limitMilliseconds, undefined, { signal: stop.signal, ref: true }).then(() => {
    throw new Error(`no answer within ${limitMilliseconds / 1000} s`)
  })
  try {
    return await Promise.race([cache.restore(key, folder), late])
  } catch (error) {
    report.warning(`${what} cannot be restored from the cache: ${messageOf(error)}; going on without`)
    return false
  } finally {
    stop.abort()
    late.catch(() => {})
  }
}

/** Keeps a folder in the cache. Whatever goes wrong is a warning. A canceled job keeps nothing: it has seconds left. */
export async function saveFolder(
  cache: RemoteCache,
  entry: { readonly key: string; readonly folder: string; readonly what: string },
  report: Report,
  signal: AbortSignal,
): Promise<void> {
  if (signal.aborted) return
  try {
    await cache.save(entry.key, entry.folder)
  } catch (error) {
    report.warning(`${entry.what} cannot be saved to the cache: ${messageOf(error)}`)
  }
}

function safe(part: string): string {
  return part.replaceAll(/[^A-Za-z0-9._-]/g, '_')
}

function messageOf(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
  return line
}
