import { randomUUID } from 'node:crypto'
import { basename, isAbsolute } from 'node:path'
import {
  addPath,
  error as annotateError,
  endGroup,
  getState,
  info,
  saveState,
  setOutput,
  setSecret,
  startGroup,
  summary,
  warning,
} from '@actions/core'
import { describeError, HostErrors, type Problem, ProblemsError } from './errors.ts'
import { INPUT_NAMES, type InputName, inputNamed, type RawInputs, rawEntries, similarNames } from './inputs/raw.ts'
import { WORK_PREFIX } from './job/workfolder.ts'
import { plainLine } from './plainline.ts'
import { addressForms, loginForms } from './registry/login/secretforms.ts'
import type { Report } from './report.ts'

/** The runner refuses a step's summary above 1 MiB. */
const SUMMARY_LIMIT_BYTES = 900_000

/**
 * Reports to a workflow runner. What programs print stands between `stop-commands` and a token that they cannot know, so
 * that a line like `::set-output` or `##[add-mask]` in it stays text (runner: ActionCommandManager.cs).
 */
export class Runner implements Report {
  #fence: string | undefined
  #grouped = false

  info(line: string): void {
    this.#open()
    info(harmless(line))
  }

  warning(line: string): void {
    this.#open()
    warning(plainLine(line))
  }

  output(line: string): void {
    if (this.#fence === undefined) {
      this.#fence = randomUUID()
      info(`::stop-commands::${this.#fence}`)
    }
    info(line)
  }

  group(title: string): void {
    this.endGroup()
    startGroup(harmless(title))
    this.#grouped = true
  }

  endGroup(): void {
    this.#open()
    if (this.#grouped) endGroup()
    this.#grouped = false
  }

  /** Shows an error: one annotation a problem, titled with its code, at its file and line where it has one, then the detail, folded. */
  error(thrown: unknown): 1 | 2 {
    this.endGroup()
    const { code, message, detail, exitCode } = describeError(thrown)
    if (thrown instanceof ProblemsError) {
      for (const problem of thrown.problems) {
        annotateError(harmless(`${problem.where}: ${problem.text}`), {
          title: code,
          ...(problem.file === undefined ? {} : { file: problem.file }),
          ...(problem.line === undefined ? {} : { startLine: problem.line }),
        })
      }
    } else if (thrown instanceof HostErrors) {
      for (const lack of thrown.lacks) annotateError(plainLine(lack.message), { title: lack.code })
    } else annotateError(plainLine(message), { title: code })
    if (detail.length > 0) {
      this.group('Details')
      for (const line of detail) this.output(line)
      this.endGroup()
    }
    return exitCode
  }

  #open(): void {
    if (this.#fence !== undefined) info(`::${this.#fence}::`)
    this.#fence = undefined
  }
}

/**
 * A line of ours that may quote somebody else's words: it stays one line and no command, in neither syntax of the runner
 * (ActionCommand.cs: `::` at the start after blanks, `##[` anywhere).
 */
function harmless(line: string): string {
  return plainLine(line)
    .replace(/^(\s*):(?=:)/, '$1: ')
    .replaceAll('##[', '## [')
}

/**
 * The inputs in a step's environment (`INPUT_BASE-IMAGE`); they are taken out of it, so that no program inherits them.
 * Names that are near to one of ours are problems. Others are none of ours: `INPUT_METHOD` is the desktop's.
 *
 * @param names of the action; those of the root action where left out
 */
export function takeInputs(
  environment: NodeJS.ProcessEnv,
  names = INPUT_NAMES,
): {
  readonly raw: RawInputs
  readonly problems: readonly Problem[]
} {
  const raw = new Map<InputName, readonly string[]>()
  const problems: Problem[] = []
  for (const [variable, text = ''] of Object.entries(environment)) {
    if (!variable.startsWith('INPUT_')) continue
    const spelled = variable.slice('INPUT_'.length).toLowerCase()
    delete environment[variable]
    const name = inputNamed(spelled, names)
    const [similar] = name === undefined ? similarNames(spelled, names) : []
    if (name !== undefined && text !== '') raw.set(name, rawEntries(name, text))
    if (similar !== undefined) {
      problems.push({ where: `input ${spelled}`, text: `is no input of kiwi-oci: did you mean ${similar}?` })
    }
  }
  return { raw, problems }
}

/** Values that a step takes beside the inputs of the action, from the steps before it. */
export function takeValue(environment: NodeJS.ProcessEnv, name: string): string {
  const variable = `INPUT_${name.toUpperCase()}`
  const value = environment[variable] ?? ''
  delete environment[variable]
  return value
}

/** Keeps a login out of the log. */
export function maskSecret(username: string, password: string): void {
  for (const form of loginForms({ username, password })) setSecret(form)
}

/** Keeps the login out of the log that an address may carry: `https://user:password@host/`. */
export function maskUriPassword(text: string): void {
  for (const form of addressForms(text)) setSecret(form)
}

export function setOutputs(outputs: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(outputs)) setOutput(name, value)
}

const folders: string[] = []

/** Remembers a folder for the step's post entry, before anything is put into it. */
export function rememberFolder(folder: string): void {
  // The state of a step can be read in its post entry only: what was saved before is kept here.
  folders.push(folder)
  saveState('folders', JSON.stringify(folders))
}

/** In the post entry: what the step remembered. */
export function rememberedFolders(): readonly string[] {
  const remembered: unknown = parsedState(getState('folders'))
  const isOurs = (folder: unknown): folder is string =>
    // A script in the job may have forged the state: only what bears our name is ours to remove.
    typeof folder === 'string' && isAbsolute(folder) && basename(folder).startsWith(WORK_PREFIX)
  return Array.isArray(remembered) ? remembered.filter(isOurs) : []
}

function parsedState(text: string): unknown {
  try {
    return JSON.parse(text || '[]')
  } catch {
    return []
  }
}

/** A summary that cannot be written, on a runner that has none, is no error of the job. */
export async function writeSummary(report: Report, markdown: string): Promise<void> {
  if (Buffer.byteLength(markdown) > SUMMARY_LIMIT_BYTES) return report.warning('the summary is too long for the runner')
  try {
    await summary.addRaw(markdown, true).write()
  } catch (error) {
    report.warning(`the summary could not be written: ${describeError(error).message}`)
  }
}

export { addPath }
