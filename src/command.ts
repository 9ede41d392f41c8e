import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { constants } from 'node:fs'
import { access } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import type { Readable, Writable } from 'node:stream'
import { CommandError, type CommandOutcome, HostError } from './errors.ts'
import { watchIdle } from './idleness.ts'

const KEPT_LINES = 40
/** After SIGTERM a program has this long before it is killed. */
const GRACE_MILLISECONDS = 5_000
/** After the end of a program that was to end, what it has printed is read for so long. */
const LAST_WORDS_MILLISECONDS = 500

export interface CommandOptions {
  readonly cwd?: string
  /** The whole environment of the program; ours without the runner's tokens and inputs where it is left out. */
  readonly env?: Readonly<Record<string, string>>
  /** Written to its standard input, which is then closed: the way for secrets. Empty where left out. */
  readonly input?: string
  /** Ends the program when it aborts. */
  readonly signal?: AbortSignal
  readonly timeoutSeconds?: number
  /** Ends the program when it reads and writes less than 4 KiB, of files, pipes and sockets together, in so long. */
  readonly idleSeconds?: number
  /** With its standard input, which stays open until it is ended: for what is told while the program works. */
  readonly onInput?: (input: Writable) => void
  /** In a session of its own: what the terminal sends to all of us does not reach it. */
  readonly apart?: boolean
  /** Called for each line as it comes, of either stream. */
  readonly onLine?: (line: string) => void
  /** Exit codes that are a result and no failure; `[0]` where left out. */
  readonly accept?: readonly number[]
  /**
   * Standard input stays open and is closed to end the program, instead of a signal: for programs that run as another
   * user, which we may not signal (kill(2)). SIGKILL follows after `graceSeconds`.
   */
  readonly stopByEndOfInput?: boolean
  readonly graceSeconds?: number
  /** What ends the program first; SIGTERM where left out. */
  readonly stopSignal?: 'SIGINT' | 'SIGTERM'
}

export interface CommandResult {
  readonly exitCode: number
  /** Raw standard output: a manifest must be hashed as it came. Kept only where `onLine` is left out. */
  readonly stdout: Buffer
  readonly stderr: string
}

/**
 * Runs a program from an argument list, never through a shell.
 *
 * @throws CommandError when it cannot be started, exits with a code not in `accept`, is ended by a signal, runs into
 *   its time limit, stands still or is canceled. A non-zero exit is always an error. HostError where `cwd` is no folder; what `onLine`
 *   throws, when the program has ended of it.
 */
export async function runCommand(
  program: string,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  const fail = (outcome: CommandOutcome, lines: readonly string[]) => new CommandError(program, args, outcome, lines)
  if (options.cwd !== undefined) await requireFolder(options.cwd)
  if (options.signal?.aborted) throw fail({ kind: 'canceled' }, [])
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: markedEnvironment(options),
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: options.apart ?? false,
  })
  const lastLines: string[] = []
  const chunks: Buffer[] = []
  const errors: string[] = []
  const keep = (line: string) => {
    lastLines.push(line)
    if (lastLines.length > KEPT_LINES) lastLines.shift()
    options.onLine?.(line)
  }
  const readers = [
    options.onLine ? eachLine(child.stdout, keep) : collect(child.stdout, chunks),
    eachLine(child.stderr, (line) => {
      if (!options.onLine) errors.push(line)
      keep(line)
    }),
  ]
  feed(child.stdin, options)
  const ended = endOf(child)
  const stopper = stopWhenAsked(child, options)
  // What it started may hold them for as long as it likes.
  child.once('exit', () => {
    if (stopper.reason === undefined) return
    setTimeout(() => {
      for (const stream of [child.stdout, child.stderr]) stream.destroy()
    }, LAST_WORDS_MILLISECONDS)
  })
  try {
    const [end] = await Promise.all([ended, ...readers]).catch(async (error: unknown) => {
      if (child.pid === undefined) throw isMissing(error) ? fail({ kind: 'missing' }, []) : error
      if (stopper.reason !== undefined) throw fail(stopper.reason, lastLines)
      stopper.stop({ kind: 'canceled' })
      // Nobody reads them any more, and unread they keep it from ending.
      for (const stream of [child.stdout, child.stderr]) stream.destroy()
      throw await ended.then(() => error)
    })
    const lines = lastLines.length > 0 ? lastLines : tail(chunks)
    const failure = stopper.reason ?? failureOf(end, options.accept)
    if (failure !== undefined) throw fail(failure, lines)
    return { exitCode: end.code ?? 0, stdout: Buffer.concat(chunks), stderr: errors.join('\n') }
  } finally {
    stopper.release()
  }
}

function feed(stdin: Writable, { input, onInput, stopByEndOfInput }: CommandOptions): void {
  // A program that ends before it has read its input is judged by its exit code, not by our broken pipe.
  stdin.on('error', () => {})
  if (input !== undefined) stdin.write(input)
  onInput?.(stdin)
  if (!stopByEndOfInput && onInput === undefined) stdin.end()
}

interface End {
  readonly code: number | null
  readonly signal: string | null
}

function failureOf({ code, signal }: End, accept: readonly number[] = [0]): CommandOutcome | undefined {
  if (code === null) return { kind: 'signal', signal: signal ?? 'an unknown signal' }
  return accept.includes(code) ? undefined : { kind: 'exit', code }
}

function endOf(child: ReturnType<typeof spawn>): Promise<End> {
  return new Promise((resolve, reject) => {
    // Later ones are of signals that could not be sent, and no end of the program.
    child.on('error', (error) => child.pid === undefined && reject(error))
    child.once('close', (code, signal) => resolve({ code, signal }))
  })
}

/** Node tells a missing one as a missing program. */
async function requireFolder(folder: string): Promise<void> {
  await access(`${folder}/.`, constants.X_OK).catch(({ code }: NodeJS.ErrnoException) => {
    throw new HostError(
      'host-folder',
      `${folder} is no folder to work in (${code})`,
      'it was removed or closed meanwhile: run the job again',
    )
  })
}

function stopWhenAsked(child: ReturnType<typeof spawn>, options: CommandOptions) {
  const state: { reason?: CommandOutcome; stop: (reason: CommandOutcome) => void; release: () => void } = {
    stop: (reason) => stop(reason),
    release: () => {},
  }
  const timers: NodeJS.Timeout[] = []
  const stop = (reason: CommandOutcome) => {
    state.reason ??= reason
    if (options.stopByEndOfInput) child.stdin?.end()
    else sendSignal(child, options.stopSignal ?? 'SIGTERM')
    const grace = options.graceSeconds === undefined ? GRACE_MILLISECONDS : options.graceSeconds * 1000
    timers.push(setTimeout(() => sendSignal(child, 'SIGKILL'), grace))
  }
  const onAbort = () => stop({ kind: 'canceled' })
  options.signal?.addEventListener('abort', onAbort, { once: true })
  const { timeoutSeconds } = options
  if (timeoutSeconds !== undefined) {
    timers.push(setTimeout(() => stop({ kind: 'timeout', seconds: timeoutSeconds }), timeoutSeconds * 1000))
  }
  const { idleSeconds = 0 } = options
  const forget = watchIdle(child.pid, options.idleSeconds, () => stop({ kind: 'idle', seconds: idleSeconds }))
  state.release = () => {
    forget()
    options.signal?.removeEventListener('abort', onAbort)
    for (const timer of timers) clearTimeout(timer)
  }
  return state
}

/** A program that sudo started for us is root's: we may not signal it (kill(2)), sudo may, and it passes the signal on. */
function sendSignal(child: ReturnType<typeof spawn>, signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  try {
    process.kill(child.pid, signal)
  } catch (error) {
    if (!isErrno(error) || error.code !== 'EPERM') return
    const asRoot = spawn('sudo', ['-n', 'kill', '-s', signal.slice('SIG'.length), String(child.pid)], {
      stdio: 'ignore',
    })
    // Without sudo there is no way; the program ends by itself or with the job.
    asRoot.on('error', () => {})
  }
}

const RUNNER_VARIABLES = /^(INPUT_|STATE_|ACTIONS_|KIWI_OCI_)|^(GITHUB_TOKEN|NODE_OPTIONS)$/

/** What the actions' runner hands to its steps, tokens among it: no program that we start needs any of it. */
export function isRunnerVariable(name: string): boolean {
  return RUNNER_VARIABLES.test(name)
}

const MARK = `KIWI_OCI_PROCESS=${randomUUID()}`
let isMarking = false

/**
 * From now on what may be ended at any moment, and what that starts, has a mark in its environment, by which somebody else
 * finds it when this process is killed: kill(2) ends no children.
 *
 * @returns the mark, `NAME=VALUE`
 */
export function markPrograms(): string {
  isMarking = true
  return MARK
}

function markedEnvironment({ env, signal, stopSignal, stopByEndOfInput, apart }: CommandOptions): NodeJS.ProcessEnv {
  const whole = env ?? inheritedEnvironment()
  // Others have an end of their own: a package manager that of the package at hand, a supervisor that of its input.
  const isEndable = signal !== undefined && stopSignal !== 'SIGINT' && !stopByEndOfInput && !apart
  if (!isMarking || !isEndable) return whole
  const [name = '', value] = MARK.split('=')
  return { ...whole, [name]: value }
}

function inheritedEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !isRunnerVariable(name)))
}

async function eachLine(stream: Readable, onLine: (line: string) => void): Promise<void> {
  for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) onLine(line)
}

async function collect(stream: Readable, into: Buffer[]): Promise<void> {
  for await (const chunk of stream) into.push(chunk as Buffer)
}

function tail(chunks: readonly Buffer[]): string[] {
  return Buffer.concat(chunks).toString('utf8').trimEnd().split('\n').slice(-KEPT_LINES)
}

function isErrno(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error
}

function isMissing(error: unknown): boolean {
  return isErrno(error) && ['ENOENT', 'EACCES'].includes(error.code ?? '')
}
