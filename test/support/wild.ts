import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { readInputs } from '../../src/inputs/inputs.ts'
import { type InputName, rawEntries } from '../../src/inputs/raw.ts'
import { containerNameText } from '../../src/oci/container/containername.ts'
import type { DescriptionSource, Plan } from '../../src/plan/plan.ts'
import { makePlan } from '../../src/plan/planning.ts'
import { repositoryRoot } from './tools.ts'

const FOLDER = join(repositoryRoot, 'test/fixtures/descriptions/wild')

/** The machine that the descriptions are planned for, wherever the test runs. */
const FACTS = { machine: { os: 'linux', architecture: 'amd64' }, architecture: 'x86_64', installTools: true }

/** A description as people write them: one of test/fixtures/descriptions/wild.json. */
export interface WildDescription {
  readonly name: string
  /** The one feature that only this description covers. */
  readonly shows: string
  /** As in a workflow; `description` is a path in its folder. */
  readonly inputs: Partial<Record<InputName, string>>
  /** What keeps KIWI from the description as it is; where left out, it takes it. */
  readonly kiwi?: string
  /** What keeps KIWI from the copy that it builds from. */
  readonly staged?: string
  /** What the plan says, of what matters and is no default. */
  readonly plan: unknown
}

export async function wildDescriptions(): Promise<readonly WildDescription[]> {
  const table: unknown = JSON.parse(await readFile(`${FOLDER}.json`, 'utf8'))
  const entries = Object.entries(table as Record<string, Omit<WildDescription, 'name' | 'inputs'>>)
  return entries.map(([name, entry]) => ({ inputs: {}, ...entry, name }))
}

/** Absolute. */
export function wildFolder({ name, inputs }: WildDescription): string {
  return join(FOLDER, name, inputs.description ?? '')
}

export async function wildPlan(wild: WildDescription): Promise<{ plan: Plan; source: DescriptionSource }> {
  const texts = { ...wild.inputs, description: wildFolder(wild) }
  const raw = new Map(
    Object.entries(texts).map(([name, text]) => [name as InputName, rawEntries(name as InputName, text)]),
  )
  const plan = await makePlan(readInputs(raw, FACTS), FACTS)
  if (plan.source.kind !== 'description') throw new Error(`${wild.name} is no description`)
  return { plan, source: plan.source }
}

/** What most of them have in common, and their plans do not repeat. */
const USUAL: Readonly<Record<string, unknown>> = {
  schema: '8.5',
  line: 11,
  type: 'oem, the only type',
  packageManager: 'apt',
  filesystems: ['ext4'],
  config: { author: 'Ada <ada@example.org>', history: { author: 'Ada <ada@example.org>' } },
}

/** What matters of a plan, without what is usual or empty, and without paths of this machine. */
export function planEssence(plan: Plan, source: DescriptionSource): unknown {
  const { selected } = source
  const { volumeManager, size, formatOptions, vhdFixedTag, gceLicense, machine } = selected
  const all = {
    image: `${source.name} ${source.version}`,
    schema: source.schemaVersion,
    line: selected.line,
    type: selected.reason,
    profiles: selected.profiles,
    packageManager: selected.packageManager,
    filesystems: selected.filesystems,
    ...{ volumeManager, size, formatOptions, vhdFixedTag, gceLicense, machine },
    diskFormat: [selected.diskFormat, selected.archive].filter(Boolean).join(' in ') || undefined,
    format: selected.diskFormat === undefined ? `${plan.format} of ${plan.formatSource}` : undefined,
    diskName: source.diskName,
    base: plan.base === 'scratch' ? undefined : plan.base,
    names: plan.names.map(containerNameText),
    ...{ tags: plan.tags, exports: plan.exports, config: plan.config },
    placeholders: source.placeholders,
  }
  const told = Object.entries(all).filter(([key, value]) => !isEmpty(value) && !isDeepStrictEqual(value, USUAL[key]))
  return Object.fromEntries(told)
}

function isEmpty(value: unknown): boolean {
  return value === undefined || (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
}
