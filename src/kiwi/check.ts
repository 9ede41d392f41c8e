import { open, readFile, realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { runCommand } from '../command.ts'
import { CommandError, DescriptionError, InputError } from '../errors.ts'
import { checkArguments, type Selection } from './arguments.ts'
import { kiwiEnvironment } from './environment.ts'
import { failureReason, usageProblem } from './failure.ts'
import { logLine } from './log.ts'

export interface CheckRequest extends Selection {
  /** Path of kiwi-ng, and its version for the message. */
  readonly kiwi: string
  readonly kiwiVersion: string
  /** The staged description. */
  readonly description: string
  /** The user's own file that it was made from, absolute. */
  readonly file: string
  /** `schemaversion` of it. */
  readonly schemaVersion: string
  readonly workFolder: string
  readonly offered: Readonly<Record<string, string>>
  readonly signal?: AbortSignal
}

/**
 * Has KIWI judge the description before anything is built: by its schema, and whether the type and the profiles are there.
 * Takes about a second and no root.
 *
 * @throws DescriptionError with KIWI's own reason, or naming both schema versions; InputError for global arguments that
 *   this KIWI does not know
 */
export async function checkDescription(request: CheckRequest): Promise<void> {
  const lines: string[] = []
  try {
    await runCommand(request.kiwi, checkArguments(request, request.description, request.workFolder), {
      cwd: request.workFolder,
      env: kiwiEnvironment(request),
      onLine: (line) => lines.push(line),
      timeoutSeconds: 120,
      ...(request.signal ? { signal: request.signal } : {}),
    })
  } catch (error) {
    if (!(error instanceof CommandError) || error.outcome.kind !== 'exit') throw error
    throw await judgement(request, lines, error)
  }
}

async function judgement(request: CheckRequest, lines: readonly string[], error: CommandError): Promise<Error> {
  const errors = errorRecords(lines)
  const unknown = errors.length === 0 ? usageProblem(lines) : undefined
  if (unknown !== undefined) return new InputError([{ where: 'input kiwi-global-arguments', text: unknown }])
  const reason = failureReason(errors)
  if (reason === undefined) return error
  const invalid = reason.startsWith('KiwiDescriptionInvalid')
  const known = invalid ? await knownSchema(request.kiwi) : undefined
  const text =
    known !== undefined && isNewer(request.schemaVersion, known)
      ? `the description needs schema ${request.schemaVersion}, kiwi-ng ${request.kiwiVersion} knows up to ${known}: set kiwi-version or lower schemaversion`
      : `kiwi-ng ${request.kiwiVersion} refuses the description: ${(invalid ? schemaReason(lines) : undefined) ?? reason}`
  return new DescriptionError([{ where: basename(request.file), text, file: request.file }])
}

function errorRecords(lines: readonly string[]): readonly (readonly string[])[] {
  const records: string[][] = []
  for (const line of lines) {
    const parsed = logLine(line)
    if (parsed?.level === 'ERROR') records.push([parsed.message])
    else if (parsed === undefined && line.trim() !== '') records.at(-1)?.push(line)
  }
  return records
}

/**
 * What the schema or its schematron rules object to, out of the lines that KIWI logs before its error. libxml2 gives
 * lines of a temporary file, which are of no use; jing's report comes instead where that is installed.
 */
export function schemaReason(lines: readonly string[]): string | undefined {
  const texts = lines.map((line) => logLine(line)?.message ?? line)
  const reasons = texts.flatMap((text) => {
    const relaxng = /:ERROR:RELAXNGV:\w+: (.+)$/.exec(text)?.[1]
    const jing = /:\d+:\d+: (?:fatal )?error: (.+)$/.exec(text)?.[1]
    return relaxng ?? jing ?? []
  })
  const start = texts.findIndex((text) => text.startsWith('Schematron validation failed'))
  const rules = start === -1 ? [] : texts.slice(start + 1).flatMap((text) => /^--> (.+)$/.exec(text)?.[1]?.trim() ?? [])
  const all = [...new Set([...reasons, ...rules])]
  return all.length === 0 ? undefined : all.slice(0, 4).join('; ')
}

/**
 * The schema version that a KIWI knows, `8.5`: the one value that its schema allows for `schemaversion` (KIWI:
 * `schema/kiwi.rng`). KIWI turns older descriptions into it.
 *
 * @param kiwi path of kiwi-ng, a Python script or our launcher beside a Python
 * @returns undefined when the schema cannot be found
 */
export async function knownSchema(kiwi: string): Promise<string | undefined> {
  const find = 'import importlib.util; print(importlib.util.find_spec("kiwi").submodule_search_locations[0])'
  try {
    const [program = 'python3', ...args] = await interpreter(kiwi)
    const { stdout } = await runCommand(program, [...args, '-c', find], { cwd: '/', timeoutSeconds: 60 })
    const schema = await readFile(join(stdout.toString().trim(), 'schema/kiwi.rng'), 'utf8')
    return /<attribute name="schemaversion">[\s\S]*?<value>([\d.]+)<\/value>/.exec(schema)?.[1]
  } catch {
    return undefined
  }
}

async function interpreter(kiwi: string): Promise<readonly string[]> {
  const script = await realpath(kiwi)
  const file = await open(script)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(256), 0, 256, 0)
    const line = /^#!\s*(\S*python[\d.]*(?:[ \t].*)?|\/usr\/bin\/env .*)$/m.exec(
      buffer.toString('latin1', 0, bytesRead),
    )
    const words = line?.[1]?.trim().split(/\s+/)
    return words ?? [join(dirname(script), '../bin/python')]
  } finally {
    await file.close()
  }
}

function isNewer(version: string, known: string): boolean {
  const [a, b] = [version, known].map((text) => text.split('.').map(Number))
  for (let index = 0; index < Math.max(a?.length ?? 0, b?.length ?? 0); index += 1) {
    const difference = (a?.[index] ?? 0) - (b?.[index] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return false
}
