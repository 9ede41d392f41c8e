import { HostError } from '../../errors.ts'
import { isJsonObject } from '../../json.ts'

/** A file of logins as skopeo and docker keep it; containers-auth.json(5). */
export interface Logins {
  /** By registry, or by a namespace in it. */
  readonly auths: Readonly<Record<string, Auth>>
  /** Which `docker-credential-NAME` knows the login, by registry. */
  readonly credHelpers: Readonly<Record<string, string>>
  /** Docker's helper for all registries, which skopeo does not read. */
  readonly credsStore?: string
}

interface Auth {
  /** Base64 of `user:password`. */
  readonly auth?: string
  readonly identitytoken?: string
}

export interface Login {
  /** Host, with port where needed. */
  readonly registry: string
  readonly username: string
  readonly password: string
}

export const noLogins: Logins = { auths: {}, credHelpers: {} }

/** What docker calls its own registry when it asks a helper (docker/cli, registry.IndexServer). */
export const DOCKER_SERVER = 'https://index.docker.io/v1/'

const HELPER = /^[A-Za-z0-9][A-Za-z0-9._-]*$/

/**
 * As strict as skopeo, which ends at what it cannot take, and only when it needs it.
 *
 * @param path names the file in the error, which quotes no login of it
 * @throws HostError when it is no JSON object, or one of another shape
 */
export function parseLogins(text: string, path: string): Logins {
  if (text.trim() === '') throw unusable(path, 'there is nothing in it')
  const document = parsedObject(text, path)
  const { credsStore } = document
  return {
    auths: auths(document['auths'], path),
    credHelpers: helpers(document['credHelpers'], path),
    ...(typeof credsStore === 'string' && HELPER.test(credsStore) ? { credsStore } : {}),
  }
}

/** JSON of a file that skopeo reads: without `credsStore`, which means nothing to it. */
export function loginsText(logins: Logins): string {
  return `${JSON.stringify({ auths: logins.auths, credHelpers: logins.credHelpers })}\n`
}

/** One set of logins for several files, where the first file that knows a registry wins, as skopeo searches them. */
export function mergedLogins(files: readonly Logins[]): Logins {
  return files.reduceRight((below, above) => {
    const keys = [...Object.keys(above.auths), ...Object.keys(above.credHelpers)]
    const rest = keys.reduce(without, below)
    const credsStore = above.credsStore ?? below.credsStore
    return {
      auths: { ...rest.auths, ...above.auths },
      credHelpers: { ...rest.credHelpers, ...above.credHelpers },
      ...(credsStore === undefined ? {} : { credsStore }),
    }
  }, noLogins)
}

/** With a login that wins over all others for its registry: skopeo prefers helpers and namespaces, so those go. */
export function withLogin(logins: Logins, login: Login): Logins {
  return withAuth(logins, login.registry, login.username, login.password)
}

/** `<token>` as the name marks a token instead of a password (docker-credential-helpers, client). */
export function withAuth(logins: Logins, registry: string, username: string, secret: string): Logins {
  const isToken = username === '<token>'
  const auth = Buffer.from(`${username}:${isToken ? '' : secret}`, 'utf8').toString('base64')
  const entry = isToken ? { auth, identitytoken: secret } : { auth }
  const rest = without(logins, registry)
  return { ...rest, auths: { ...rest.auths, [registry]: entry } }
}

export function withHelper(logins: Logins, registry: string, helper: string): Logins {
  return { ...logins, credHelpers: { ...logins.credHelpers, [registry]: helper } }
}

/** Whether a registry, or a namespace in it, has a login of its own or a helper. */
export function knowsLogin(logins: Logins, registry: string): boolean {
  const keys = [...Object.keys(logins.auths), ...Object.keys(logins.credHelpers)]
  return keys.some((key) => isWithin(key, registry))
}

/** Whether a login or a helper is there for a repository, `registry/name`: for itself or for what it lies in. */
export function hasLoginFor(logins: Logins, repository: string): boolean {
  const keys = [...Object.keys(logins.auths), ...Object.keys(logins.credHelpers)]
  return keys.some((key) => isWithin(repository, normalKey(key)))
}

function without(logins: Logins, registry: string): Logins {
  const kept = <Value>(entries: Readonly<Record<string, Value>>) =>
    Object.fromEntries(Object.entries(entries).filter(([key]) => !isWithin(key, normalKey(registry))))
  return { ...logins, auths: kept(logins.auths), credHelpers: kept(logins.credHelpers) }
}

function isWithin(key: string, registry: string): boolean {
  const normal = normalKey(key)
  return normal === registry || normal.startsWith(`${registry}/`)
}

/** The registry in a key of any age; c/image pkg/docker/config/config.go, `normalizeAuthFileKey`. */
function normalKey(key: string): string {
  const bare = key.replace(/^https?:\/\//, '')
  const name = bare === key ? bare : (bare.split('/')[0] ?? bare)
  return ['index.docker.io', 'registry-1.docker.io'].includes(name) ? 'docker.io' : name
}

/** Only what holds a login: docker leaves `{}` where a helper has it, which would hide the helper. */
function auths(value: unknown, path: string): Readonly<Record<string, Auth>> {
  const entries = entriesOf(value, 'auths', path).flatMap(([key, entry]): [string, Auth][] => {
    if (entry !== null && !isJsonObject(entry)) throw unusable(path, `the entry of ${key} is no object`)
    const { auth = '', identitytoken } = entry ?? {}
    if (typeof auth !== 'string' || !isBase64(auth)) throw unusable(path, `the login of ${key} is no base64`)
    if (auth === '') return []
    return [[key, typeof identitytoken === 'string' ? { auth, identitytoken } : { auth }]]
  })
  return Object.fromEntries(entries)
}

function helpers(value: unknown, path: string): Readonly<Record<string, string>> {
  const entries = entriesOf(value, 'credHelpers', path).flatMap(([key, helper]): [string, string][] => {
    if (typeof helper !== 'string') throw unusable(path, `the helper of ${key} is no text`)
    return HELPER.test(helper) ? [[key, helper]] : []
  })
  return Object.fromEntries(entries)
}

/** Go takes `null` for nothing. */
function entriesOf(value: unknown, name: string, path: string): readonly [string, unknown][] {
  if (value === undefined || value === null) return []
  if (isJsonObject(value)) return Object.entries(value)
  throw unusable(path, `its ${name} is no object`)
}

/** As Go's encoding/base64 takes it. */
function isBase64(text: string): boolean {
  const bare = text.replaceAll(/[\r\n]/g, '')
  return bare.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(bare)
}

function unusable(path: string, reason: string): HostError {
  return new HostError('host-logins', `the file of logins ${path} cannot be used, ${reason}`, 'correct it or remove it')
}

function parsedObject(text: string, path: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    if (isJsonObject(value)) return value
  } catch {
    // The parser's own message quotes the text, which holds passwords.
  }
  throw new HostError('host-logins', `the file of logins ${path} is no JSON object`, 'correct it or remove it')
}
