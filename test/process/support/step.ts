import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Place, Run, RunOptions } from './cli.ts'

/** The files of a step, without `GITHUB_` in front. */
const FILES = ['OUTPUT', 'STATE', 'ENV', 'PATH', 'STEP_SUMMARY'] as const

export interface StepRun extends Run {
  /** What the step wrote into `GITHUB_NAME`. */
  file(name: (typeof FILES)[number]): Promise<string>
}

/** Runs an entry of dist as a runner does: inputs and files in the environment. */
export async function runStep(
  here: Place,
  entry: string,
  inputs: Readonly<Record<string, string>>,
  more: Readonly<Record<string, string>> = {},
  options: RunOptions = {},
): Promise<StepRun> {
  const files = Object.fromEntries(FILES.map((name) => [`GITHUB_${name}`, join(here.folder, `.${name}`)]))
  for (const file of Object.values(files)) await writeFile(file, '')
  const env = Object.fromEntries(Object.entries(inputs).map(([name, text]) => [`INPUT_${name.toUpperCase()}`, text]))
  const temp = join(here.folder, '../temp')
  const run = await here.run([], { ...options, entry, env: { ...files, RUNNER_TEMP: temp, ...env, ...more } })
  return { ...run, file: (name) => readFile(join(here.folder, `.${name}`), 'utf8') }
}

/** The last value of an output or of the state, written by @actions/core with a random delimiter. */
export function writtenValue(file: string, name: string): string {
  const found = [...file.matchAll(new RegExp(`^${name}<<(ghadelimiter_[^\\n]+)\\n(.*?)\\n\\1$`, 'gms'))]
  return found.at(-1)?.[2] ?? ''
}
