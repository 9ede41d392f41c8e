import { type CommandResult, runCommand } from '../command.ts'
import { CommandError, HostError, RegistryError } from '../errors.ts'
import { type Access, copyFlags, globalFlags, inspectFlags } from './access.ts'
import { type Refusal, refusalOf, webPage } from './refusal.ts'
import { realSleep, retryDelay } from './retry.ts'

/** skopeo itself waits for ever (reliability of registries: it has no idle limit). */
const ANSWER_SECONDS = 120

/** What a call is for, for its error. */
export interface Purpose {
  readonly side: 'base' | 'target'
  /** `ghcr.io/acme/x:1` */
  readonly reference: string
  /** Begins the error: `the base ghcr.io/acme/x:1 cannot be read`. */
  readonly failure: string
}

/** Of what a job writes to, or has written. */
export function targetPurpose(reference: string, failure: string): Purpose {
  return { side: 'target', reference, failure }
}

/** A registry's refusal with the kind of it, for callers that take some kinds for an answer. */
export class RefusedError extends RegistryError {
  readonly refusal: Refusal

  constructor(purpose: Purpose, refusal: Refusal, detail: readonly string[]) {
    const message = `${purpose.failure}: ${refusal.reason}`.replaceAll(/\s*\n\s*/g, ' ').trim()
    super(`registry-${refusal.kind}`, message, {
      side: purpose.side,
      reference: purpose.reference,
      detail,
    })
    this.refusal = refusal
  }
}

/**
 * Runs skopeo, the one place where that is done: what belongs to every call to a registry (tries, later deadlines and a
 * watchdog) belongs here.
 *
 * @throws RefusedError when it fails for good, after up to 4 tries where another try may help; CommandError when skopeo is
 *   missing, is ended by a signal or the job is canceled
 */
export async function runSkopeo(
  args: readonly string[],
  access: Access,
  purpose: Purpose,
  input?: string,
): Promise<CommandResult> {
  const all = [...globalFlags(access), ...args]
  for (let tried = 1; ; tried++) {
    const failed = await attempt(all, access, input)
    if (!(failed instanceof CommandError)) return failed
    const refusal = refusalOf(failed.lastLines)
    const delay = retryDelay(refusal, tried)
    if (delay === undefined) throw new RefusedError(purpose, refusal, failed.detail)
    access.report.info(`${purpose.failure}: ${refusal.reason}; trying again in ${delay / 1000} s`)
    await pause(delay, access, all)
  }
}

/** The manifest or index as it came, byte for byte. Throws what `runSkopeo` does. */
export async function readManifest(name: string, access: Access, purpose: Purpose): Promise<Buffer> {
  const { stdout } = await runSkopeo(['inspect', '--raw', ...inspectFlags(access), name], access, purpose)
  // skopeo prints whatever was answered with status 200.
  if (stdout.subarray(0, 100).toString('utf8').trimStart().startsWith('{')) return stdout
  throw new RefusedError(purpose, webPage, [])
}

/** The config of an image as it came, byte for byte. Throws what `runSkopeo` does. */
export async function readConfig(name: string, access: Access, purpose: Purpose): Promise<Buffer> {
  return (await runSkopeo(['inspect', '--config', '--raw', ...inspectFlags(access), name], access, purpose)).stdout
}

export interface Copy {
  readonly from: string
  readonly to: string
  /** Flags of `skopeo copy` beside those of the access. */
  readonly flags: readonly string[]
  /** Flags before the command. */
  readonly globals?: readonly string[]
}

export async function copyImage(copy: Copy, access: Access, purpose: Purpose): Promise<void> {
  const { from, to, flags, globals = [] } = copy
  await runSkopeo([...globals, 'copy', ...copyFlags(access), ...flags, from, to], access, purpose)
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

async function attempt(args: readonly string[], access: Access, input?: string): Promise<CommandResult | CommandError> {
  try {
    // A question has its answer at once or never; how long a copy takes only its size knows.
    const limit = args.includes('copy') ? {} : { timeoutSeconds: ANSWER_SECONDS }
    return await runCommand('skopeo', args, {
      ...commandOptions(access),
      ...limit,
      ...(input === undefined ? {} : { input }),
    })
  } catch (error) {
    if (error instanceof CommandError && error.outcome.kind === 'exit') return error
    throw error
  }
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
