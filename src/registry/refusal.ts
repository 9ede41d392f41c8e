/** What a failed skopeo says, in our words. */
export interface Refusal {
  readonly kind: RefusalKind
  /** Why, and what to do; continues a sentence and has no full stop. */
  readonly reason: string
  /** Whether the same call may work in a moment. */
  readonly transient: boolean
}

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
  | 'other'

interface Rule {
  readonly kind: RefusalKind
  readonly pattern: RegExp
  readonly status?: readonly number[]
  readonly transient?: true
  readonly reason: string | ((text: string) => string)
}

const WEB_PAGE =
  'a web page answered instead of a registry: check the address, and whether the network asks for a sign-in'

/** What a web page under a registry's address means: a captive portal, a wrong host. */
export const webPage: Refusal = { kind: 'no-registry', reason: WEB_PAGE, transient: false }

/** First match wins. Texts of skopeo 1.9 to 1.22 (c/image docker/, Go's net/http and crypto/x509). */
const RULES: readonly Rule[] = [
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
    reason: 'the disk of this machine is full: free space, or choose another work-dir',
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
    kind: 'login',
    pattern: /unauthorized|authentication required|invalid username\/password|incorrect username or password/i,
    status: [401],
    reason:
      'the registry wants a login, or does not accept the one it got: check registry, username and password, or log in before',
  },
  {
    kind: 'denied',
    pattern: /\bdenied\b|forbidden/i,
    status: [403],
    reason: 'the registry denies it: this login may not do so there',
  },
  {
    kind: 'missing',
    pattern: /manifest unknown|name unknown|repository name not known|blob unknown/i,
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
    kind: 'no-registry',
    pattern: /invalid character '<'/,
    reason: WEB_PAGE,
  },
]

/** What may pass by itself, of what the rules above do not know; go-containerregistry pkg/v1/remote/options.go has the same list. */
const PASSING =
  /\bEOF\b|connection reset|broken pipe|closed network connection|closed pipe|unexpected end|stream error|http2: |server misbehaving|temporary failure|digest did not match|does not match expected|timed? ?out/i
const PASSING_STATUS = [408, 425, 500, 502, 503, 504, 522, 524]

/** @param lines what skopeo printed, newest last */
export function refusalOf(lines: readonly string[]): Refusal {
  const text = fatalText(lines)
  const status = httpStatus(text)
  const rule = RULES.find((rule) => rule.pattern.test(text) || (status !== undefined && rule.status?.includes(status)))
  if (!rule) {
    const transient = PASSING.test(text) || (status !== undefined && PASSING_STATUS.includes(status))
    return { kind: 'other', reason: text === '' ? 'skopeo gave no reason' : text, transient }
  }
  const reason = typeof rule.reason === 'string' ? rule.reason : rule.reason(text)
  return { kind: rule.kind, reason, transient: rule.transient ?? false }
}

/** The message of the last `level=fatal` line, else of the first error, else the last line; without logrus' quoting and without the name that we say ourselves. */
function fatalText(lines: readonly string[]): string {
  const last =
    lines.findLast((line) => line.includes('level=fatal')) ??
    lines.find((line) => line.includes('level=error')) ??
    lines.findLast((line) => line.trim() !== '') ??
    ''
  const quoted = /\bmsg=("(?:[^"\\]|\\.)*")/.exec(last)?.[1]
  const text = quoted === undefined ? last.trim() : unquoted(quoted)
  return text.replace(/^(?:Error )?(?:parsing|initializing|reading) (?:image name|source) "?\S+?"?: /, '')
}

function unquoted(text: string): string {
  try {
    return String(JSON.parse(text))
  } catch {
    return text.slice(1, -1)
  }
}

function httpStatus(text: string): number | undefined {
  const status = /status ?(?:code)?(?: from registry)?[:\s]+(\d{3})\b/i.exec(text)?.[1]
  return status === undefined ? undefined : Number(status)
}

function tlsDetail(text: string): string {
  return /(?:x509|tls): .*$/.exec(text)?.[0] ?? text
}
