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
export function stillness(seconds: number, phase: string): Refusal {
  const reason = `nothing came for ${seconds} s: check the network, proxies and firewalls, and try again later`
  return { kind: 'still', reason, transient: true, phase }
}

/** An answer that is not what was asked for. @param what is wrong with it */
export function damage(what: string): Refusal {
  const reason = `it came damaged: ${what}; try again, or ask who runs the registry`
  return { kind: 'damaged', reason, transient: true }
}

/**
 * @param lines what skopeo printed, newest last
 * @param isCopy whether it copied, and did not only ask
 */
export function refusalOf(lines: readonly string[], isCopy = false): Refusal {
  const text = fatalText(lines)
  const status = httpStatus(text)
  const phase = phaseOf(text)
  const rule = RULES.find((rule) => rule.pattern.test(text) || (status !== undefined && rule.status?.includes(status)))
  // Where a registry says what is wrong skopeo tells that, and not the status.
  const shown = status ?? (rule?.status?.length === 1 ? rule.status[0] : undefined)
  const about = { ...(phase === undefined ? {} : { phase }), ...(shown === undefined ? {} : { status: shown }) }
  if (!rule) return { kind: 'other', reason: text === '' ? 'skopeo gave no reason' : text, transient: false, ...about }
  const reason = typeof rule.reason === 'string' ? rule.reason : rule.reason(text)
  const transient = rule.transient === 'copy' ? isCopy : (rule.transient ?? false)
  const waitSeconds = rule.kind === 'rate' ? toldWaitSeconds(text) : undefined
  return { kind: rule.kind, reason, transient, ...about, ...(waitSeconds === undefined ? {} : { waitSeconds }) }
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
  const status = /(?:status ?(?:code)?(?: from registry)?[:\s]+|parsing HTTP )(\d{3})\b/i.exec(text)?.[1]
  return status === undefined ? undefined : Number(status)
}
