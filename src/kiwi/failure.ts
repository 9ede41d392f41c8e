import type { CodeOf } from '../errorcode.ts'
import { KnownError } from '../errors.ts'

/** KIWI could not build, for a reason in the description, in a repository or in KIWI itself. */
export class KiwiError extends KnownError {
  override readonly name = 'KiwiError'
  override readonly code: CodeOf<'kiwi'>
  override readonly detail: readonly string[]

  /** @param message one line, @param detail the last lines of KIWI's log */
  constructor(code: CodeOf<'kiwi'>, message: string, detail: readonly string[] = []) {
    super(message)
    this.code = code
    this.detail = detail
  }
}

const EXCEPTION = /^(?:\w+\.)*\w*(?:Error|Exception|Failed|NotFound|Interrupt): ./
const TELLING = /error|fail|cannot|can't|unable|not found|no such|denied|invalid|NO_PUBKEY|^\s*E: /i
const CULPRIT = /^(?:E: |Error:|error:|dpkg: error|ERROR: |Problem: |nothing provides )/
/** A paragraph in one line must still be read as one. */
const PARAGRAPH_LIMIT = 500
/** Lines of apt in every build or after every failure, which tell nothing. */
const NOISE = /^E: (?:Can not write log|Sub-process )/

/**
 * The reason of a failure in one line: KIWI's own error, or the exception that started it where KIWI prints a traceback.
 * Where KIWI puts the whole output of a program into its message, the line of it that tells what went wrong.
 *
 * @param errors what KIWI logged as errors, each with its lines
 */
export function failureReason(errors: readonly (readonly string[])[]): string | undefined {
  const known = errors.findLast(([first]) => first !== undefined && !first.startsWith('Unexpected error'))
  if (known !== undefined) return tellingLine(known)
  const traceback = errors.at(-1)?.slice(1)
  // Python prints the exception that came first first; those below came up while it was handled.
  return traceback?.find((line) => EXCEPTION.test(line)) ?? traceback?.findLast((line) => line.trim() !== '')
}

function tellingLine([first = '', ...more]: readonly string[]): string {
  // KIWI's runtime checks explain themselves in a paragraph below an empty line.
  if (/^\w+:\s*$/.test(first)) {
    const words = [first, ...more].map((line) => line.trim()).filter((line) => line !== '')
    return words.join(' ').slice(0, PARAGRAPH_LIMIT)
  }
  const [, subject, rest] = /^(\w+: [^:]+): (.*)$/.exec(first) ?? []
  if (subject === undefined || rest === undefined || TELLING.test(rest)) return first
  const culprit =
    more.find((line) => CULPRIT.test(line) && !NOISE.test(line)) ??
    more.find((line) => TELLING.test(line) && !NOISE.test(line))
  return culprit === undefined ? first : `${subject}: ${culprit.trim()}`
}

/**
 * What a line says about a lack of space: on this machine, or on the disk that is built (KIWI copies the system onto it
 * with rsync, below a folder of its mount manager).
 */
export function spaceLack(line: string): 'machine' | 'disk' | undefined {
  if (!/No space left on device|\[Errno 28\]|Disk quota exceeded/i.test(line)) return undefined
  return /rsync|kiwi_mount_manager|kiwi_volumes/.test(line) ? 'disk' : 'machine'
}

/**
 * What KIWI says about arguments that it does not know: typer since KIWI 10 in a box, docopt of KIWI 9 by its usage alone.
 *
 * @param lines what KIWI printed
 * @returns one sentence, or undefined when the arguments were not the reason
 */
export function usageProblem(lines: readonly string[]): string | undefined {
  if (!lines.some((line) => /^\s*usage: kiwi-ng/i.test(line))) return undefined
  const boxed = lines.flatMap((line) => /^│\s*(\S.*?)\s*│$/.exec(line)?.[1] ?? []).join(' ')
  return boxed === '' ? 'this KIWI does not know one of them: see kiwi-ng --help' : `KIWI says: ${boxed}`
}
