/**
 * The error taxonomy. The message of each is one line: what failed, why, what to do. `detail` holds what belongs
 * into a folded group under it, `code` its name in docs/errors.md. Whatever else is thrown is our bug, and `describeError` says so.
 */

import { type CodeOf, type ErrorCode, errorCodes } from './errorcode.ts'
import { filesystemFault, isSpaceCode } from './filesystemfault.ts'
import { plainLine } from './plainline.ts'

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
  abstract readonly code: ErrorCode
  /** Lines for a folded group below the message, none by default. */
  readonly detail: readonly string[] = []
}

/** Its message has a line for each of its problems. */
export abstract class ProblemsError extends KnownError {
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(problems.map(({ where, text }) => plainLine(`${where}: ${text}`)).join('\n'))
    this.problems = problems
  }
}

/** The user edits the workflow or the command line. May carry problems of the description found in the same look. */
export class InputError extends ProblemsError {
  override readonly name = 'InputError'
  override readonly code = 'input'
}

/** The user edits the description. */
export class DescriptionError extends ProblemsError {
  override readonly name = 'DescriptionError'
  override readonly code = 'description'
}

/** The machine lacks something: a tool, a right, space. */
export class HostError extends KnownError {
  override readonly name = 'HostError'
  override readonly code: CodeOf<'host'>

  /** @param lack what is missing, @param remedy how to get it */
  constructor(code: CodeOf<'host'>, lack: string, remedy: string) {
    super(`${lack}: ${remedy}`)
    this.code = code
  }
}

/** Several things that the machine lacks, found in one look: a line each. */
export class HostErrors extends KnownError {
  override readonly name = 'HostErrors'
  override readonly code: CodeOf<'host'>
  readonly lacks: readonly HostError[]

  constructor(first: HostError, ...others: readonly HostError[]) {
    const lacks = [first, ...others]
    super(lacks.map((lack) => lack.message).join('\n'))
    this.code = first.code
    this.lacks = lacks
  }
}

/** One error for all that is lacking; undefined where nothing is. */
export function hostError([first, ...others]: readonly HostError[]): HostError | HostErrors | undefined {
  return first === undefined || others.length === 0 ? first : new HostErrors(first, ...others)
}

export type CommandOutcome =
  | { readonly kind: 'exit'; readonly code: number }
  | { readonly kind: 'signal'; readonly signal: string }
  | { readonly kind: 'timeout'; readonly seconds: number }
  | { readonly kind: 'idle'; readonly seconds: number }
  | { readonly kind: 'canceled' }
  | { readonly kind: 'missing' }

/** A program failed. */
export class CommandError extends KnownError {
  override readonly name = 'CommandError'
  override readonly code: CodeOf<'command'>
  readonly program: string
  readonly args: readonly string[]
  readonly outcome: CommandOutcome
  /** The last lines it printed, newest last; at most 40. */
  readonly lastLines: readonly string[]
  override readonly detail: readonly string[]

  constructor(program: string, args: readonly string[], outcome: CommandOutcome, lastLines: readonly string[]) {
    super(commandMessage(knownAs(program, args), outcome, lastLines))
    this.code = `command-${outcome.kind}`
    this.program = program
    this.args = args
    this.outcome = outcome
    this.lastLines = lastLines
    this.detail = outcome.kind === 'canceled' ? [] : [[program, ...args].join(' '), ...lastLines]
  }
}

/** Whether the program was ended by what ends all of a job: then it says nothing of the machine. */
export function wasAskedToEnd({ outcome }: CommandError): boolean {
  return outcome.kind === 'canceled' || (outcome.kind === 'signal' && /^SIG(?:INT|TERM|HUP)$/.test(outcome.signal))
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
    case 'idle':
      return `${program} neither read nor wrote anything for ${outcome.seconds} s and was ended${because}`
    case 'canceled':
      return `${program} was ended because the job was canceled`
    case 'missing':
      return `${program} is not installed or not on the PATH: install it, or let kiwi-oci do so with install-tools`
  }
}

/** What another process of ours threw, as it told us. */
export class RelayedError extends KnownError {
  override readonly name = 'RelayedError'
  override readonly code: ErrorCode

  /** @param message one line */
  constructor(code: ErrorCode, message: string) {
    super(message)
    this.code = code
  }
}

/** A registry said no, or did not answer. */
export class RegistryError extends KnownError {
  override readonly name = 'RegistryError'
  override readonly code: CodeOf<'registry'>
  readonly side: 'base' | 'target'
  readonly reference: string
  override readonly detail: readonly string[]

  /** @param message one line: the operation, the reference, the reason and what to do */
  constructor(
    code: CodeOf<'registry'>,
    message: string,
    about: { side: 'base' | 'target'; reference: string; detail?: readonly string[] },
  ) {
    super(message)
    this.code = code
    this.side = about.side
    this.reference = about.reference
    this.detail = about.detail ?? []
  }
}

/** An OCI invariant is broken: a blob does not hash to its name, a diff ID is missing, a manifest contradicts itself. */
export class ImageError extends KnownError {
  override readonly name = 'ImageError'
  override readonly code: CodeOf<'image'>
  readonly violations: readonly string[]

  constructor(code: CodeOf<'image'>, subject: string, violations: readonly string[]) {
    super(`${subject} is not a valid OCI image: ${violations.join('; ')}`)
    this.code = code
    this.violations = violations
  }
}

/** What is shown of a thrown value. */
export interface Shown {
  readonly code: ErrorCode
  /** One line; several for the problems of an input or a description. */
  readonly message: string
  /** What to fold below it. */
  readonly detail: readonly string[]
  /** 2 when an input or the description has to be changed, else 1. */
  readonly exitCode: 1 | 2
}

/** Shows any thrown value. */
export function describeError(thrown: unknown): Shown {
  const { code, message, detail = [] } = told(thrown)
  return { code, message, detail, exitCode: errorCodes[code] }
}

function told(thrown: unknown): Pick<Shown, 'code' | 'message'> & Partial<Shown> {
  if (thrown instanceof KnownError) return thrown
  const error = thrown instanceof Error ? thrown : new Error(String(thrown))
  const filesystem = filesystemFault(error)
  if (filesystem !== undefined) return filesystem
  if (error.name === 'AbortError') return { code: 'canceled', message: 'the job was canceled' }
  return {
    code: 'bug',
    message: `${error.message} (a bug in kiwi-oci: please report it with the lines below)`,
    detail: (error.stack ?? '').split('\n'),
  }
}

/** As strerror(3) says ENOSPC and EDQUOT, in what a program prints. */
const NO_SPACE = /no space left on device|disk quota exceeded/i

/** Whether the disk is full or the quota used up: said by the system, or by a program that failed of it. */
export function lacksSpace(error: unknown): boolean {
  if (error instanceof CommandError) return error.lastLines.some((line) => NO_SPACE.test(line))
  return error instanceof Error && 'code' in error && isSpaceCode(String(error.code))
}

/** A full disk as what it means to the user; any other error as it is. */
export function spaceError(error: unknown, folder: string): unknown {
  if (!lacksSpace(error)) return error
  return new HostError(
    'host-space',
    `no space is left in ${folder}`,
    'free some, or choose another place with work-dir, export or TMPDIR',
  )
}
