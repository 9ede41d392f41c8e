import { request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { RegistryError } from '../../errors.ts'
import type { Access } from '../access.ts'

/** Where a registry wants its logins sent, and whether it was asked in plain HTTP. */
export interface Realm {
  readonly url: string
  readonly plain: boolean
}

/** docker.io is answered by another host (c/image docker/docker_client.go, dockerHostname). */
const DOCKER_HOST = 'registry-1.docker.io'
const ANSWER_SECONDS = 10
const MOST_REDIRECTS = 5
const REDIRECTS = [301, 302, 303, 307, 308]
/** Registries whose logins are known to be checked under another domain of the same owner. */
const SAME_OWNER: Readonly<Record<string, string>> = { 'scw.cloud': 'scaleway.com', 'docker.com': 'docker.io' }
/** Below a country's domain, what is nobody's own: `co.uk`. Names of two or three letters may well be somebody's. */
const SHARED = /^(ac|co|com|edu|gob|gouv|gov|go|govt|id|ltd|me|mil|ne|net|nhs|nom|or|org|plc|sch)$/

/**
 * Asks a registry, without any login, where it has logins checked: skopeo sends them to whatever address it names (the
 * `realm`, distribution spec "token authentication"), also in clear and to anybody.
 *
 * @throws RegistryError where that is no place for a login of this registry
 */
export async function checkRealm(registry: string, access: Access): Promise<void> {
  const realms = await askRealms(registry, access)
  const problem = realms.map((realm) => realmProblem(registry, realm)).find((each) => each !== undefined)
  if (problem === undefined) return
  throw new RegistryError('registry-realm', `${registry} ${problem}`, { side: 'target', reference: registry })
}

/** Why a login must not be sent where a registry wants it, and what to do; continues a sentence about the registry. */
export function realmProblem(registry: string, { url, plain }: Realm): string | undefined {
  const realm = URL.canParse(url) ? new URL(url) : undefined
  if (realm === undefined) return `names no address where it has logins checked, but ${url}: check its name`
  const [ours, theirs] = [hostOf(registry), realm.hostname]
  if (realm.protocol === 'http:' ? plain && ours === theirs : realm.protocol === 'https:' && sameOwner(ours, theirs))
    return undefined
  const clear = realm.protocol === 'https:' ? '' : ', in clear'
  return `wants its logins sent to ${realm.origin}${clear}, which is not done: check the name of the registry, or log in there before with skopeo login and leave username and password out`
}

function sameOwner(registry: string, realm: string): boolean {
  const [ours, theirs] = [domainOf(registry), domainOf(realm)]
  return ours === theirs || SAME_OWNER[ours] === theirs
}

/** What one owner has of a host name: the last two parts, three below `co.uk` and the like; all of an IP address. */
function domainOf(host: string): string {
  if (/^[\d.]+$|[:[]/.test(host)) return host
  const parts = host.toLowerCase().split('.')
  const [second = '', top = ''] = parts.slice(-2)
  return parts.slice(top.length === 2 && SHARED.test(second) ? -3 : -2).join('.')
}

function hostOf(registry: string): string {
  return registry.replace(/:\d+$/, '')
}

/** @returns none where it names none, or does not answer, of which skopeo will tell */
async function askRealms(registry: string, access: Access): Promise<readonly Realm[]> {
  const host = registry === 'docker.io' ? DOCKER_HOST : registry
  // As skopeo does: plain HTTP only where it is allowed, and where the host speaks no HTTPS.
  for (const scheme of access.tlsVerify ? ['https'] : ['https', 'http']) {
    const answer = await challenge(`${scheme}://${host}/v2/`, access).catch(() => undefined)
    access.signal?.throwIfAborted()
    if (answer === undefined) continue
    return answer.flatMap(bearerRealms).map((url) => ({ url, plain: scheme === 'http' }))
  }
  return []
}

/**
 * Every address that a header `WWW-Authenticate` names behind `Bearer`. skopeo takes the first header of a scheme that it
 * knows, and of one name twice the last (c/image docker/wwwauthenticate.go): none of them may be wrong.
 */
export function bearerRealms(header: string): readonly string[] {
  const start = header.search(/\bbearer\b/i)
  if (start < 0) return []
  const named = header.slice(start).matchAll(/\brealm\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))/gi)
  return [...named].map(([, quoted, token = '']) => quoted?.replaceAll(/\\(.)/g, '$1') ?? token)
}

async function challenge(url: string, access: Access): Promise<readonly string[]> {
  let asked = new URL(url)
  for (let redirects = 0; redirects <= MOST_REDIRECTS; redirects += 1) {
    const { statusCode = 0, headers, headersDistinct } = await head(asked, access.signal)
    if (!REDIRECTS.includes(statusCode) || headers.location === undefined)
      return headersDistinct['www-authenticate'] ?? []
    asked = new URL(headers.location, asked)
  }
  return []
}

function head(url: URL, signal: AbortSignal | undefined): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const options = {
      timeout: ANSWER_SECONDS * 1000,
      // Nothing is sent that is secret; skopeo, which sends it, knows the certificates of this machine.
      rejectUnauthorized: false,
      ...(signal === undefined ? {} : { signal }),
    }
    const request = (url.protocol === 'https:' ? httpsRequest : httpRequest)(url, options, (answer) => {
      answer.resume()
      answer.once('error', () => {})
      resolve(answer)
      request.destroy()
    })
    request.once('timeout', () => request.destroy(new Error('no answer')))
    request.once('error', reject)
    request.end()
  })
}
