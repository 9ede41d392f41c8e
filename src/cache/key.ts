import { type Digest, digestHex, digestOf } from '../oci/digest.ts'

/** Ours in front; a new number when what is in an entry changes its meaning. */
const PREFIX = 'kiwi-oci-1'
/** The service takes no longer keys, and commas would split a list of them (`checkKey` of @actions/cache). */
const KEY_LIMIT = 512

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

function safe(part: string): string {
  return part.replaceAll(/[^A-Za-z0-9._-]/g, '_')
}
