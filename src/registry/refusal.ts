import { phaseOf } from './phase.ts'
import { type RefusalKind, RULES, WEB_PAGE } from './refusalrule.ts'
import { toldWaitSeconds } from './retryafter.ts'

/** What a failed skopeo says, in our words. */
export interface Refusal {
  readonly kind: RefusalKind
  /** Why, and what to do; continues a sentence and has no full stop. */
  readonly reason: string
  /** Whether the same call may work in a moment. */
  readonly transient: boolean
  /** `while the manifest was written` */
  readonly phase?: string
  /** Of HTTP, where skopeo tells it. */
  readonly status?: number
  /** How long the registry asks to wait, where its message says so. */
  readonly waitSeconds?: number
}

/** What a web page under a registry's address means: a captive portal, a wrong host. */
export const webPage: Refusal = { kind: 'no-registry', reason: WEB_PAGE, transient: false }

/** Nothing came or went for so long that we ended skopeo, which waits for ever. */
export function stillness(seconds: number): Refusal {
  const reason = `nothing came for ${seconds} s: check the network, proxies and firewalls, and whether the registry limits its users (skopeo waits for that without a word); then try again`
  return { kind: 'still', reason, transient: true }
}

/** An answer that is not what was asked for. @param what is wrong with it */
export function damage(what: string): Refusal {
  const reason = `it came damaged: ${what}; try again, or ask who runs the registry`
  return { kind: 'damaged', reason, transient: true }
}

/**
 * @param lines what skopeo printed, newest last
 * @param isCopy whether it had more to do than to ask once, so that the registry had taken its token before
 */
export function refusalOf(lines: readonly string[], isCopy = false): Refusal {
  const text = fatalText(lines)
  const status = httpStatus(text)
  const phase = phaseOf(text)
  const found = RULES.find((rule) => rule.pattern.test(text) || (status !== undefined && rule.status?.includes(status)))
  // What is not there is then the place of the tokens, or the registry, and nothing in it.
  const rule = found?.kind === 'missing' && phase !== undefined && BEFORE.has(phase) ? undefined : found
  // Where a registry says what is wrong skopeo tells that, and not the status.
  const shown = status ?? (found?.status?.length === 1 ? found.status[0] : undefined)
  const about = { ...(phase === undefined ? {} : { phase }), ...(shown === undefined ? {} : { status: shown }) }
  if (!rule) return { kind: 'other', reason: otherReason(text, shown), transient: false, ...about }
  const reason = typeof rule.reason === 'string' ? rule.reason : rule.reason(text)
  const transient = rule.transient === 'copy' ? isCopy : (rule.transient ?? false)
  const waitSeconds = rule.kind === 'rate' ? toldWaitSeconds(text) : undefined
  return { kind: rule.kind, reason, transient, ...about, ...(waitSeconds === undefined ? {} : { waitSeconds }) }
}

/** Before anything is asked of a repository. */
const BEFORE: ReadonlySet<string> = new Set(['while a token was fetched', 'at the first contact'])
/** What only somebody's answer can be wrong with. */
const ANSWER = /HTTP|\bhttps?:|(?:manifest|tag|name|size) invalid|unsupported|registry/i

function otherReason(text: string, status: number | undefined): string {
  if (text === '') return 'skopeo gave no reason'
  if (status === undefined && !ANSWER.test(text)) return text
  return `the registry does not take it, or is none (${text}): check the address, or ask who runs it`
}

/** What was just written has to be there. */
export function asPassing(refusal: Refusal): Refusal {
  if (refusal.kind === 'missing') {
    return {
      ...refusal,
      kind: 'read-back',
      reason: 'nothing is there: the registry drops what it gets, ask who runs it',
      transient: true,
    }
  }
  return refusal.kind === 'no-registry' ? { ...refusal, transient: true } : refusal
}

/** A base in files of this machine: what a registry may get over lasts here. */
export function refusalHere(lines: readonly string[], refusal: Refusal): Refusal {
  if (!['broken', 'damaged', 'other', 'silent'].includes(refusal.kind)) return refusal
  const reason = `it is damaged, or not what its name says (${fatalText(lines)}): make it anew`
  return { kind: 'archive', reason, transient: false }
}

/** A registry may answer with any number of characters, which no rule here is made for, and nobody reads. */
const TEXT_LIMIT = 4096

/** The message of the last `level=fatal` line, else of the first error, else the last line; without logrus' quoting and without the name that we say ourselves. */
function fatalText(lines: readonly string[]): string {
  const last =
    lines.findLast((line) => line.includes('level=fatal')) ??
    lines.find((line) => line.includes('level=error')) ??
    lines.findLast((line) => line.trim() !== '') ??
    ''
  const quoted = /\bmsg=("(?:[^"\\]|\\.)*")/.exec(last)?.[1]
  const whole = quoted === undefined ? last.trim() : unquoted(quoted)
  const text = whole.length > TEXT_LIMIT ? `${whole.slice(0, TEXT_LIMIT)} …` : whole
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
  const status = /(?:status ?(?:code)?(?: from registry)?[:\s]+|parsing HTTP |: (?=\d{3} \([A-Z]))(\d{3})\b/i.exec(
    text,
  )?.[1]
  return status === undefined ? undefined : Number(status)
}
