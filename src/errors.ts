/**
 * The error taxonomy. The message of each is one line: what failed, why, what to do. `detail` holds what belongs
 * into a folded group under it. Whatever else is thrown is our bug, and `describeError` says so.
 */

/** One thing the user has to change, at the place where it stands. */
export interface Problem {
  /** `input tags`, or `config.xml:12`. */
  readonly where: string
  /** What is wrong and what to write instead, as one sentence without the place. */
  readonly text: string
  /** The file to annotate, where the place is in a file; absolute. */
  readonly file?: string
  /** The line in `file`, from 1. */
  readonly line?: number
}

export abstract class KnownError extends Error {
  /** 2 when an input or the description has to be changed, else 1. */
  readonly exitCode: 1 | 2 = 1
  /** Lines for a folded group below the message, none by default. */
  readonly detail: readonly string[] = []
}

abstract class ProblemsError extends KnownError {
  override readonly exitCode = 2
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(problems.map((problem) => `${problem.where}: ${problem.text}`).join('\n'))
    this.problems = problems
  }
}

/** The user edits the workflow or the command line. May carry problems of the description found in the same look. */
export class InputError extends ProblemsError {
  override readonly name = 'InputError'
}

/** The user edits the description. */
export class DescriptionError extends ProblemsError {
  override readonly name = 'DescriptionError'
}

/** The machine lacks something: a tool, a right, space. */
export class HostError extends KnownError {
  override readonly name = 'HostError'

  /** @param lack what is missing, @param remedy how to get it */
  constructor(lack: string, remedy: string) {
    super(`${lack}: ${remedy}`)
  }
}

export type CommandOutcome =
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'signal'; readonly signal: string }
  | { readonly kind: 'timeout'; readonly seconds: number }
  | { readonly kind: 'canceled' }
  | { readonly kind: 'missing' }

/** A program failed. */
export class CommandError extends KnownError {
  override readonly name = 'CommandError'
  readonly program: string
  readonly args: readonly string[]
  readonly outcome: CommandOutcome
  /** The last lines it printed, newest last; at most 40. */
  readonly lastLines: readonly string[]
  override readonly detail: readonly string[]

  constructor(program: string, args: readonly string[], outcome: CommandOutcome, lastLines: readonly string[]) {
    super(commandMessage(knownAs(program, args), outcome, lastLines))
    this.program = program
    this.args = args
    this.outcome = outcome
    this.lastLines = lastLines
    this.detail = outcome.kind === 'canceled' ? [] : [[program, ...args].join(' '), ...lastLines]
  }
}

/** What the user knows it as: the program behind sudo and env. */
function knownAs(program: string, args: readonly string[]): string {
  return [program, ...args].find((word) => !/^(sudo|env|-.*|\w+=.*)$/.test(word)) ?? program
}

function commandMessage(program: string, outcome: CommandOutcome, lastLines: readonly string[]): string {
  const last = lastLines.findLast((line) => line.trim() !== '')
  const because = last === undefined ? '' : `: ${last.trim()}`
  switch (outcome.kind) {
    case 'exit':
      return `${program} failed with exit code ${outcome.code}${because}`
    case 'signal':
      return `${program} was ended by ${outcome.signal}${because}`
    case 'timeout':
      return `${program} gave no result within ${outcome.seconds} s and was ended${because}`
    case 'canceled':
      return `${program} was ended because the job was canceled`
    case 'missing':
      return `${program} is not installed or not on the PATH: install it, or let kiwi-oci do so with install-tools`
  }
}

/** A registry said no, or did not answer. */
export class RegistryError extends KnownError {
  override readonly name = 'RegistryError'
  readonly side: 'base' | 'target'
  readonly reference: string
  override readonly detail: readonly string[]

  /** @param message one line: the operation, the reference, the reason and what to do */
  constructor(message: string, about: { side: 'base' | 'target'; reference: string; detail?: readonly string[] }) {
    super(message)
    this.side = about.side
    this.reference = about.reference
    this.detail = about.detail ?? []
  }
}

/** An OCI invariant is broken: a blob does not hash to its name, a diff ID is missing, a manifest contradicts itself. */
export class ImageError extends KnownError {
  override readonly name = 'ImageError'
  readonly violations: readonly string[]

  constructor(subject: string, violations: readonly string[]) {
    super(`${subject} is not a valid OCI image: ${violations.join('; ')}`)
    this.violations = violations
  }
}

/** Shows any thrown value: its one line, what to fold below it, and the exit code it stands for. */
export function describeError(thrown: unknown): { message: string; detail: readonly string[]; exitCode: 1 | 2 } {
  if (thrown instanceof KnownError) return { message: thrown.message, detail: thrown.detail, exitCode: thrown.exitCode }
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  const filesystem = filesystemMessage(error)
  if (filesystem !== undefined) return { message: filesystem, detail: [], exitCode: 1 }
  if (error.name === 'AbortError') return { message: 'the job was canceled', detail: [], exitCode: 1 }
  return {
    message: `${error.message} (a bug in kiwi-oci: please report it with the lines below)`,
    detail: (error.stack ?? '').split('\n'),
    exitCode: 1,
  }
}

/** As strerror(3) says ENOSPC and EDQUOT, in what a program prints. */
const NO_SPACE = /no space left on device|disk quota exceeded/i
const SPACE_CODES = ['ENOSPC', 'EDQUOT']

/** Whether the disk is full or the quota used up: said by the system, or by a program that failed of it. */
export function lacksSpace(error: unknown): boolean {
  if (error instanceof CommandError) return error.lastLines.some((line) => NO_SPACE.test(line))
  return error instanceof Error && 'code' in error && SPACE_CODES.includes(String(error.code))
}

/** A full disk as what it means to the user; any other error as it is. */
export function spaceError(error: unknown, folder: string): unknown {
  if (!lacksSpace(error)) return error
  return new HostError(`no space is left in ${folder} for the image`, 'free some, or choose another work-dir or target')
}

/** What of the file system is no bug of ours but the machine's state. */
const FILESYSTEM: Readonly<Record<string, string>> = {
  EROFS: 'the file system is read-only: set work-dir to a folder that can be written',
  EACCES: 'the right to it is missing: give it, or name another folder with work-dir',
  EPERM: 'the right to it is missing: give it, or name another folder with work-dir',
  ENAMETOOLONG: 'the name is too long for the file system: use a shorter one',
  EMFILE: 'too many files are open: raise the limit (ulimit -n)',
}

function filesystemMessage(error: Error): string | undefined {
  const { code, path, syscall } = error as NodeJS.ErrnoException
  if (path === undefined) return undefined
  if (lacksSpace(error))
    return `${path}: no space is left: free some, or set work-dir to a folder on a larger file system`
  if (syscall === 'mkdir' && code === 'ENOENT') return `${path}: no folder can be made there: name another place`
  const text = FILESYSTEM[code ?? '']
  return text === undefined ? undefined : `${path}: ${text}`
}
