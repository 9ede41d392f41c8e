import { expect } from 'vitest'
import { DescriptionError, InputError } from '../../../src/errors.ts'
import { readInputs } from '../../../src/inputs/inputs.ts'
import { type InputName, rawEntries } from '../../../src/inputs/raw.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import { makePlan } from '../../../src/plan/planning.ts'

export const FACTS = { machine: { os: 'linux', architecture: 'amd64' }, architecture: 'x86_64', installTools: true }

export type Texts = Partial<Record<InputName, string>>

/** The plan of inputs as a workflow writes them. */
export function planOf(texts: Texts): Promise<Plan> {
  const entries = Object.entries(texts) as [InputName, string][]
  const raw = new Map(entries.map(([name, text]) => [name, rawEntries(name, text)] as const))
  return makePlan(readInputs(raw, FACTS), FACTS)
}

/** Every problem that inputs are refused for, with its place. */
export async function problemsOf(texts: Texts): Promise<readonly string[]> {
  const error: unknown = await planOf(texts).catch((thrown: unknown) => thrown)
  if (!(error instanceof InputError || error instanceof DescriptionError)) return expect.fail(`not refused: ${error}`)
  return error.problems.map(({ where, text }) => `${where}: ${text}`)
}
