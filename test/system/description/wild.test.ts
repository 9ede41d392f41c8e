import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findDescription } from '../../../src/description/find.ts'
import { readDescription } from '../../../src/description/read.ts'
import { stageDescription } from '../../../src/description/stage.ts'
import { type ContainerName, containerNames } from '../../../src/oci/container/containername.ts'
import { askKiwi, type KiwiAnswer, type KiwiState } from '../../support/kiwi.ts'
import { type WildDescription, wildDescriptions, wildFolder, wildPlan } from '../../support/wild.ts'

const WILD = await wildDescriptions()
const NAMED = WILD.map((wild) => [wild.name, wild] as const)
const TAKEN = NAMED.filter(([, { kiwi }]) => kiwi === undefined)

let folder: string
let originals: ReadonlyMap<string, KiwiAnswer>
let copies: ReadonlyMap<string, KiwiAnswer>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiwi-oci-wild-'))
  const staged: string[] = []
  for (const wild of WILD) {
    const description = await readDescription(await findDescription(wildFolder(wild)))
    staged.push(await stageDescription(description, join(folder, wild.name)))
  }
  const questions = WILD.map((wild) => info(wild, wildFolder(wild)))
  const answers = await askKiwi([...questions, ...WILD.map((wild, index) => info(wild, staged[index] ?? ''))])
  const named = (from: number) => new Map(WILD.map(({ name }, index) => [name, answers[from + index] as KiwiAnswer]))
  originals = named(0)
  copies = named(WILD.length)
})
afterAll(() => rm(folder, { recursive: true }))

function info({ inputs }: WildDescription, description: string): readonly string[] {
  const profiles = (inputs.profiles ?? '').split('\n').filter(Boolean)
  const chosen = profiles.flatMap((profile) => ['--profile', profile])
  const type = inputs.type === undefined ? [] : ['--type', inputs.type]
  return [...chosen, ...type, 'image', 'info', '--description', description]
}

function stateOf(answer: KiwiAnswer | undefined): KiwiState {
  if (answer?.state == null) throw new Error(`KIWI refuses it: ${answer?.output}`)
  return answer.state
}

async function selection(wild: WildDescription) {
  const { source } = await wildPlan(wild)
  const { image, profiles, version } = source.selected
  return { type: image, profiles, version, packageManager: source.packageManager }
}

/** What KIWI would make of the container, in the words of a plan. */
function containerOf({ container }: KiwiState) {
  const value = (name: string) => container[name]
  const command = (name: string) => (isDeepStrictEqual(value(name), []) ? null : value(name))
  const { created_by: createdBy, author, comment } = value('history') as Record<string, string | undefined>
  const changes = {
    author: value('maintainer'),
    user: value('user'),
    workdir: value('workingdir'),
    entrypoint: command('entry_command'),
    cmd: command('entry_subcommand'),
    expose: value('expose_ports'),
    volumes: value('volumes'),
    stopsignal: value('stopsignal'),
    env: value('environment'),
    labels: value('labels'),
    // Comments of nothing are none.
    history: { createdBy, author, comment: comment || undefined },
  }
  const additional = (value('additional_names') ?? []) as readonly string[]
  const names: readonly ContainerName[] = containerNames({
    name: value('container_name') as string | null,
    tag: value('container_tag') as string | null,
    additionalNames: additional.map((name) => name.trim()),
  })
  return { changes, names }
}

describe('the real KIWI', () => {
  it.each(NAMED.filter(([, { staged }]) => staged === undefined))(
    'takes the copy of %s, and selects what the plan says',
    async (name, wild) => {
      const answer = copies.get(name)
      expect(answer?.output).toContain('Selected build type: oem')
      expect(answer?.code).toBe(0)
      expect(stateOf(answer)).toMatchObject(await selection(wild))
      expect(stateOf(answer)).toMatchObject({ options: [], bundle: null })
    },
  )

  it.each(TAKEN)('takes %s as it is, and selects what the plan says', async (name, wild) => {
    const answer = originals.get(name)
    expect(answer?.code).toBe(0)
    expect(stateOf(answer)).toMatchObject(await selection(wild))
  })

  it.each(TAKEN)('would make the container of %s that the plan says', async (name, wild) => {
    const { plan } = await wildPlan(wild)
    const { changes, names } = containerOf(stateOf(originals.get(name)))
    expect(plan.config).toEqual(changes)
    expect(plan.names).toEqual(names)
  })

  it.each(TAKEN)('would convert and name the disk of %s as the plan says', async (name, wild) => {
    const { source } = await wildPlan(wild)
    const { options, bundle } = stateOf(originals.get(name))
    expect(source.selected.formatOptions.flatMap((option) => ['-o', option])).toEqual(options)
    // KIWI has no name at all where a version has two parts.
    if (name !== 'bundle-two-parts') expect(source.diskName ?? null).toBe(bundle?.replaceAll('%I', '') ?? null)
  })

  it.each(NAMED.filter(([, { kiwi }]) => kiwi !== undefined))('does not take %s as it is', (name) => {
    expect(originals.get(name)).toMatchObject({ code: 1, state: null })
  })

  it.each(NAMED.filter(([, { staged }]) => staged !== undefined))('does not take the copy of %s', (name) => {
    expect(copies.get(name)?.output).toContain('Schema version must be >= 7.4')
  })
})
