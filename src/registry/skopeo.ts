import { type CommandOptions, type CommandResult, runCommand } from '../command.ts'
import { CommandError, HostError, RegistryError } from '../errors.ts'
import { type Digest, digestOf } from '../oci/digest.ts'
import { type Access, copyFlags, globalFlags, inspectFlags, type Limits } from './access.ts'
import { hideSecrets } from './login/secretforms.ts'
import { asPassing, damage, type Refusal, refusalHere, refusalOf, stillness, webPage } from './refusal.ts'
import { realSleep, retryDelay } from './retry.ts'

/** skopeo itself waits for ever: it has no idle limit. */
const LIMITS: Limits = { answerSeconds: 120, idleSeconds: 120 }

const REGISTRY = 'docker://'
const IN_FILES = /^(?:docker-archive|oci-archive|oci|dir):/

/** What a call is for, for its error. */
export interface Purpose {
  readonly side: 'base' | 'target'
  /** `ghcr.io/acme/x:1` */
  readonly reference: string
  /** Begins the error: `the base ghcr.io/acme/x:1 cannot be read`. */
  readonly failure: string
  /** It was written a moment ago: that it is not there is no mistake in an input, and may be so for a moment alone. */
  readonly isWritten?: true
}

/** Of what a job writes to. */
export function targetPurpose(reference: string, failure: string): Purpose {
  return { side: 'target', reference, failure }
}

/** Of what a job wrote and reads again. */
export function readBackPurpose(reference: string, failure: string): Purpose {
  return { ...targetPurpose(reference, failure), isWritten: true }
}

/** How a call ended that was refused. */
export interface Refused {
  /** What skopeo printed last. */
  readonly detail: readonly string[]
  /** How many there were. */
  readonly tries: number
  /** What else is known now, as the end of the sentence. */
  readonly ending?: string
}

/** A registry's refusal with the kind of it, for callers that take some kinds for an answer. */
export class RefusedError extends RegistryError {
  readonly purpose: Purpose
  readonly refusal: Refusal
  readonly refused: Refused

  constructor(purpose: Purpose, refusal: Refusal, refused: Refused) {
    const { detail, tries, ending } = refused
    const message = `${purpose.failure}: ${refusal.reason} (${circumstances(refusal, tries)})`
    const code = purpose.isWritten ? 'registry-read-back' : (`registry-${refusal.kind}` as const)
    super(code, oneLine(ending === undefined ? message : `${message}; ${ending}`), {
      side: purpose.side,
      reference: purpose.reference,
      detail,
    })
    this.purpose = purpose
    this.refusal = refusal
    this.refused = refused
  }
}

function oneLine(text: string): string {
  return text.replaceAll(/\s*\n\s*/g, ' ').trim()
}

function circumstances({ phase, status }: Refusal, tries: number): string {
  const http = status === undefined ? undefined : `HTTP ${status}`
  return [phase, http, tries === 1 ? '1 try' : `${tries} tries`].filter((text) => text !== undefined).join(', ')
}

/** How a question is asked where the usual is not right. */
export interface Asking {
  /** For the standard input of skopeo. */
  readonly input?: string
  /** At most so many tries. */
  readonly tries?: number
  /** What is wrong with an answer; it is then treated as refused. */
  readonly judge?: (answer: Buffer) => Refusal | undefined
  /** Asked before another try: whether that is of no use, since all is as it was to be. */
  readonly isSettled?: (refusal: Refusal) => Promise<boolean>
}

/**
 * Runs skopeo, the one place where that is done: what belongs to every call to a registry (tries, waits, limits of time)
 * belongs here.
 *
 * @throws RefusedError when it fails for good, after up to 6 tries where another try may help; CommandError when skopeo is
 *   missing, is ended by a signal or the job is canceled
 */
export async function runSkopeo(
  args: readonly string[],
  access: Access,
  purpose: Purpose,
  asking: Asking = {},
): Promise<CommandResult> {
  const all = [...globalFlags(access), ...args]
  const refusals: Refusal[] = []
  for (;;) {
    const answer = await attempt(all, access, purpose, asking)
    if (!('refusal' in answer)) return answer
    const { refusal, detail } = answer
    refusals.push(refusal)
    const delay = retryDelay(refusals, access.random ?? Math.random, asking.tries)
    if (delay === undefined || (await asking.isSettled?.(refusal)))
      throw new RefusedError(purpose, refusal, { detail, tries: refusals.length })
    const { reason } = refusal
    access.report.info(oneLine(`${purpose.failure}: ${reason}; trying again in ${delay / 1000} s`))
    await pause(delay, access, all)
  }
}

/** The manifest or index as it came, byte for byte. Throws what `runSkopeo` does. */
export async function readManifest(
  name: string,
  access: Access,
  purpose: Purpose,
  asking: Asking = {},
): Promise<Buffer> {
  const judge = (answer: Buffer) => documentFault(name, answer) ?? asking.judge?.(answer)
  const args = ['inspect', '--raw', ...inspectFlags(access), name]
  return (await runSkopeo(args, access, purpose, { ...asking, judge })).stdout
}

/** skopeo prints whatever was answered with status 200. */
function documentFault(name: string, answer: Buffer): Refusal | undefined {
  if (!answer.subarray(0, 100).toString('utf8').trimStart().startsWith('{')) return webPage
  if (!name.startsWith(REGISTRY)) return undefined
  try {
    JSON.parse(answer.toString('utf8'))
    return undefined
  } catch (error) {
    return damage(`it is no JSON (${error instanceof Error ? error.message : error})`)
  }
}

/** What `Asking.judge` needs to accept one digest alone. */
export function only(digest: Digest): (answer: Buffer) => Refusal | undefined {
  return (answer) => {
    const found = digestOf(answer)
    return found === digest ? undefined : damage(`asked for ${digest}, got ${found}`)
  }
}

/** The config of an image as it came, byte for byte. Throws what `runSkopeo` does. */
export async function readConfig(name: string, access: Access, purpose: Purpose, asking: Asking = {}): Promise<Buffer> {
  const args = ['inspect', '--config', '--raw', ...inspectFlags(access), name]
  return (await runSkopeo(args, access, purpose, asking)).stdout
}

export interface Copy {
  readonly from: string
  readonly to: string
  /** Flags of `skopeo copy` beside those of the access. */
  readonly flags: readonly string[]
  /** Flags before the command. */
  readonly globals?: readonly string[]
}

export async function copyImage(copy: Copy, access: Access, purpose: Purpose, asking: Asking = {}): Promise<void> {
  const { from, to, flags, globals = [] } = copy
  await runSkopeo([...globals, 'copy', ...copyFlags(access), ...flags, from, to], access, purpose, asking)
}

/** What of `skopeo copy` a push needs; both came with 1.6. */
const NEEDED_FLAGS = ['--preserve-digests', '--multi-arch']

/**
 * @throws HostError when the installed skopeo lacks one of the flags that pushes need
 */
export async function requireSkopeo(access: Access): Promise<void> {
  const { stdout } = await runCommand('skopeo', ['copy', '--help'], commandOptions(access))
  const help = stdout.toString('utf8')
  const lacking = NEEDED_FLAGS.find((flag) => !help.includes(flag))
  if (lacking === undefined) return
  const { stdout: version } = await runCommand('skopeo', ['--version'], commandOptions(access))
  const found = version.toString('utf8').trim()
  throw new HostError('host-tools', `${found} is too old, it has no ${lacking}`, 'install skopeo 1.6 or later')
}

interface Failure {
  readonly refusal: Refusal
  readonly detail: readonly string[]
}

async function attempt(
  args: readonly string[],
  access: Access,
  { isWritten, side }: Purpose,
  { input, judge }: Asking,
): Promise<CommandResult | Failure> {
  const isCopy = args.includes('copy')
  // A config comes after its manifest, by the same token.
  const isMidway = isCopy || args.includes('--config')
  const phase = isCopy ? 'in the middle of a copy' : 'at a question'
  const judged = (refusal: Refusal): Refusal => ({ phase, ...(isWritten ? asPassing(refusal) : refusal) })
  try {
    const options = { ...commandOptions(access), ...timeLimit(args, isCopy, access.limits ?? LIMITS) }
    const result = await runCommand('skopeo', args, { ...options, ...(input === undefined ? {} : { input }) })
    const refusal = judge?.(result.stdout)
    return refusal === undefined ? result : { refusal: judged(refusal), detail: [] }
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    const { outcome } = error
    const hide = (line: string) => hideSecrets(line, access.secrets ?? [])
    const [lastLines, detail] = [error.lastLines.map(hide), error.detail.map(hide)]
    if (outcome.kind === 'exit') {
      const refusal = refusalOf(lastLines, isMidway)
      const isHere =
        side === 'base' && args.some((arg) => IN_FILES.test(arg)) && !args.some((arg) => arg.startsWith(REGISTRY))
      return { refusal: judged(isHere ? refusalHere(lastLines, refusal) : refusal), detail }
    }
    if (outcome.kind !== 'timeout' && outcome.kind !== 'idle') throw error
    return { refusal: judged(stillness(outcome.seconds)), detail }
  }
}

/** A question has its answer at once or never; how long a copy takes only its size knows, but bytes have to move. */
function timeLimit(args: readonly string[], isCopy: boolean, { answerSeconds, idleSeconds }: Limits): CommandOptions {
  // An archive of this machine is read whole for its manifest, however long that takes.
  if (!isCopy) return args.some((arg) => IN_FILES.test(arg)) ? {} : { timeoutSeconds: answerSeconds }
  // Of a copy on this machine nothing can stand still but a container storage, whose skopeo works in another process.
  return args.some((arg) => arg.startsWith(REGISTRY)) ? { idleSeconds } : {}
}

async function pause(milliseconds: number, access: Access, args: readonly string[]): Promise<void> {
  try {
    await (access.sleep ?? realSleep)(milliseconds, access.signal)
  } catch (error) {
    if (access.signal?.aborted) throw new CommandError('skopeo', args, { kind: 'canceled' }, [])
    throw error
  }
}

function commandOptions(access: Access) {
  return { env: access.environment, ...(access.signal === undefined ? {} : { signal: access.signal }) }
}
