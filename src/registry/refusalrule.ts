import { dirname } from 'node:path'

export type RefusalKind =
  | 'helper'
  | 'space'
  | 'policy'
  | 'plain-http'
  | 'certificate'
  | 'host'
  | 'refused'
  | 'silent'
  | 'rate'
  | 'login'
  | 'hidden'
  | 'denied'
  | 'missing'
  | 'size'
  | 'several'
  | 'unnamed'
  | 'no-registry'
  | 'zstd'
  | 'namespace'
  | 'trouble'
  | 'broken'
  | 'still'
  | 'archive'
  | 'damaged'
  | 'read-back'
  | 'other'

/** What a message of skopeo means. */
interface Rule {
  readonly kind: RefusalKind
  readonly pattern: RegExp
  readonly status?: readonly number[]
  /** `copy`: only in the middle of a copy. */
  readonly transient?: true | 'copy'
  readonly reason: string | ((text: string) => string)
}

export const WEB_PAGE =
  'a web page answered instead of a registry: check the address, and whether the network asks for a sign-in'

const LOGIN =
  'the registry wants a login, or does not accept the one it got: check registry, username and password, or log in before'

/** What may pass by itself; go-containerregistry pkg/v1/remote/options.go has the same lists. */
const PASSING_STATUS = [408, 425, 499, 500, 502, 503, 504, 522, 524]
const BREAKS =
  /\bEOF\b|connection reset|broken pipe|closed network connection|closed pipe|unexpected end|stream error|http2: |server misbehaving|temporary failure|digest did not match|does not match expected|digest invalid|timed? ?out|malformed HTTP|transport connection broken/i

/** First match wins. Texts of skopeo 1.9 to 1.22 (c/image docker/, Go's net/http and crypto/x509). */
export const RULES: readonly Rule[] = [
  {
    kind: 'namespace',
    pattern: /newuidmap|newgidmap|\bsub[ug]id\b|during unshare\(/,
    reason: (text) =>
      `container storage needs a user namespace, which this user cannot have: run as root, or install uidmap, give the user a range in /etc/subuid and /etc/subgid, and allow user namespaces, which AppArmor of Ubuntu 24.04 forbids (${text})`,
  },
  {
    kind: 'zstd',
    pattern: /zstd compression is not supported/i,
    reason:
      "Docker's own format takes no zstd layers: set compression to gzip, or choose an oci: or oci-archive: destination",
  },
  {
    kind: 'helper',
    pattern: /docker-credential-|credential helper/i,
    reason: (text) => `a credential helper of this machine failed: ${text}`,
  },
  {
    kind: 'space',
    pattern: /no space left on device|disk quota exceeded/i,
    // RFC 4918 11.5: Insufficient Storage.
    status: [507],
    reason: spaceReason,
  },
  {
    kind: 'policy',
    pattern: /trust policy|policy\.json|running image .* is rejected/i,
    reason: (text) => `the trust policy of this machine (policy.json) forbids or lacks it: ${text}`,
  },
  {
    kind: 'plain-http',
    pattern: /server gave HTTP response to HTTPS client/i,
    reason: 'it speaks plain HTTP and no HTTPS: for a registry of your own set tls-verify to false',
  },
  {
    // Bytes that changed on the way, or an end in the middle: no fault of the certificate.
    kind: 'broken',
    pattern: /tls: (?:bad record MAC|internal error|unexpected message|use of closed connection)|decryption failed/i,
    transient: true,
    reason: brokenReason,
  },
  {
    kind: 'certificate',
    pattern: /x509:|certificate|tls: /i,
    reason: (text) =>
      `its certificate is not trusted (${tlsDetail(text)}): install its CA on this machine, or set tls-verify to false`,
  },
  { kind: 'host', pattern: /no such host/i, reason: 'there is no such host: check the name of the registry' },
  {
    kind: 'refused',
    pattern: /connection refused/i,
    transient: true,
    reason: 'the connection was refused: check host and port, and that the registry runs',
  },
  {
    kind: 'silent',
    pattern:
      /i\/o timeout|deadline exceeded|Client\.Timeout|no route to host|network is unreachable|handshake timeout/i,
    transient: true,
    reason: 'it does not answer: check the network, proxies and firewalls',
  },
  {
    kind: 'rate',
    pattern: /toomanyrequests|too many requests|rate limit/i,
    status: [429],
    transient: true,
    reason: 'the registry says there were too many requests: log in, or try again later',
  },
  {
    // What a registry says to a login that it knows: both words, where a wrong one is called that.
    kind: 'hidden',
    pattern:
      /^(?!.*(?:invalid username\/password|incorrect username)).*(?:\bdenied\b.*unauthorized|insufficient_scope)/is,
    reason: 'it is not there, or not for this login: check repository and tag, or log in as somebody who may see it',
  },
  {
    // A copy reads before it writes, so its token may be one of minutes that ended: another skopeo gets another one.
    // "invalid username/password" is what c/image makes of every 401 (docker/errors.go).
    kind: 'login',
    pattern: /unauthorized|authentication required|invalid username\/password|incorrect username or password/i,
    status: [401],
    transient: 'copy',
    reason: LOGIN,
  },
  {
    kind: 'denied',
    pattern: /\bdenied\b|forbidden/i,
    status: [403],
    reason: 'the registry denies it: this login may not do so there',
  },
  {
    // The first of a manifest whose blobs it told before to have; the others of an upload that it began itself.
    kind: 'damaged',
    pattern: /blob (?:upload )?(?:unknown|invalid)/i,
    transient: 'copy',
    reason: (text) => `the registry lacks what it got, or got it damaged (${text}): try again, or ask who runs it`,
  },
  {
    kind: 'missing',
    pattern: /manifest unknown|name unknown|repository name not known/i,
    status: [404],
    reason: 'it is not there: check repository and tag',
  },
  {
    kind: 'several',
    pattern: /more than one image in oci|manifest\.json: expected 1 item, got/i,
    reason: 'it holds several images: write which one behind a colon, PATH:NAME',
  },
  {
    kind: 'unnamed',
    pattern: /no descriptor found for reference|\btag "[^"]*" not found/i,
    reason: 'it holds no image of that name: see its index.json or manifest.json for those that it has',
  },
  {
    kind: 'size',
    pattern: /entity too large/i,
    status: [413],
    reason:
      'the registry, or a proxy in front of it, limits the size of a layer: raise the limit there, or compress more',
  },
  {
    // Before the next one: proxies answer such a status with a web page.
    kind: 'trouble',
    pattern: /(?!)/,
    status: PASSING_STATUS,
    transient: true,
    reason: (text) =>
      `the registry, or a proxy in front of it, is in trouble (${text}): try again later, or ask who runs it, whose disk may be full`,
  },
  {
    kind: 'no-registry',
    pattern: /invalid character '<'/,
    reason: WEB_PAGE,
  },
  { kind: 'broken', pattern: BREAKS, transient: true, reason: brokenReason },
]

/**
 * Whose disk is full, and where. A registry tells of its own in the words of its storage (distribution
 * registry/storage/driver/filesystem), and what unpacks a layer into a container storage names the path in the layer.
 */
function spaceReason(text: string): string {
  if (/\bfilesystem: |HTTP status|\bStatusCode\b|\bunknown: /.test(text)) {
    return `the registry has no space left, its own disk is full: let whoever runs it make room (${text})`
  }
  const file = /processing tar file/i.test(text)
    ? undefined
    : /(?:^|\s)(\/\S+): (?:no space|disk quota)/i.exec(text)?.[1]
  const where = file === undefined ? 'on this machine, in the folder that it is written to' : `in ${dirname(file)}`
  return `no space is left ${where}: free some, or choose another place with work-dir, export or TMPDIR`
}

function brokenReason(text: string): string {
  return `the connection broke, or what came over it is not whole (${text}): check network and proxies, and try again later`
}

function tlsDetail(text: string): string {
  return /(?:x509|tls): .*$/.exec(text)?.[0] ?? text
}
