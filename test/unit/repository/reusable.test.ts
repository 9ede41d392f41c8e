import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { MATRIX_LIMIT } from '../../../src/matrix/matrixjob.ts'
import { type ActionStep, actionManifests, textOf } from './tree.ts'

const PATH = '.github/workflows/build.yml'

interface Declared {
  readonly type?: string
  readonly default?: unknown
  readonly required?: boolean
}

interface ReusableWorkflow {
  readonly on: {
    readonly workflow_call: {
      readonly inputs: Readonly<Record<string, Declared>>
      readonly secrets: Readonly<Record<string, Declared>>
    }
  }
  readonly jobs: Readonly<
    Record<string, { readonly outputs?: Readonly<Record<string, string>>; readonly steps: readonly ActionStep[] }>
  >
}

const workflow = parse(textOf(PATH)) as ReusableWorkflow
const { inputs, secrets } = workflow.on.workflow_call
const steps = Object.values(workflow.jobs).flatMap((job) => job.steps)
const action = actionManifests().get('action.yml')
const build = workflow.jobs['build']?.steps.find(({ uses }) => uses === '$/')

/** What the workflow decides itself, and a caller cannot. */
const DECIDED = [
  'platform',
  'tags',
  'push',
  'push-by-digest',
  'repository',
  'export',
  'registry',
  'username',
  'password',
]
/** What the workflow has beside the inputs of the action. */
const OWN = ['platforms', 'runner', 'timeout-minutes']
/** What the root action gets from a step, which puts the architecture in. */
const VARYING = ['description', 'profiles', 'disk']

describe('the reusable workflow', () => {
  it('passes every input of the action through that it does not decide itself', () => {
    const names = Object.keys(action?.inputs ?? {}).filter((name) => !DECIDED.includes(name))
    const passed = names.map((name) => [name, build?.with?.[name]])
    const source = (name: string) => (VARYING.includes(name) ? 'steps.matrix.outputs' : 'inputs')
    expect(passed).toEqual(names.map((name) => [name, `\${{ ${source(name)}.${name} }}`]))
  })

  it('has the inputs of the action with their defaults, and booleans where the action has them', () => {
    const wrong = Object.entries(inputs)
      .filter(([name]) => !OWN.includes(name) && !['tags', 'username'].includes(name))
      .filter(([name, about]) => {
        const stated = String(action?.inputs?.[name]?.default ?? '')
        const type = ['true', 'false'].includes(stated) ? 'boolean' : 'string'
        return String(about.default) !== stated || about.type !== type
      })
    expect(wrong).toEqual([])
  })

  it('uses every input and secret, and no other', () => {
    const used = (context: string) =>
      new Set([...textOf(PATH).matchAll(new RegExp(`\\b${context}\\.([\\w-]+)`, 'g'))].map(([, name]) => name))
    expect(used('inputs')).toEqual(new Set(Object.keys(inputs)))
    expect(used('secrets')).toEqual(new Set(Object.keys(secrets)))
  })

  it('gives the actions of this repository only inputs that they declare, and reads only their outputs', () => {
    const manifests = actionManifests()
    const manifestOf = ({ uses }: ActionStep) =>
      manifests.get(uses === '$/' ? 'action.yml' : `${uses?.slice(2)}/action.yml`)
    const ours = steps.filter(({ uses }) => uses?.startsWith('$/'))
    const unknown = ours.flatMap((step) => {
      const declared = manifestOf(step)?.inputs ?? {}
      return Object.keys(step.with ?? {})
        .filter((name) => !Object.hasOwn(declared, name))
        .map((name) => `${step.uses}: ${name}`)
    })
    expect(unknown).toEqual([])
    const read = [...textOf(PATH).matchAll(/\bsteps\.([\w-]+)\.outputs\.([\w-]+)/g)].filter(([, id, name]) => {
      const written = ours.filter((step) => step.id === id).map((step) => manifestOf(step)?.outputs ?? {})
      return written.length === 0 || !written.every((outputs) => Object.hasOwn(outputs, name ?? ''))
    })
    expect(read.map(([expression]) => expression)).toEqual([])
  })

  it('has an output for each platform that it takes', () => {
    const outputs = Array.from({ length: MATRIX_LIMIT }, (_, slot) => [
      `digest-${slot}`,
      `\${{ matrix.slot == ${slot} && steps.image.outputs.digest || '' }}`,
    ])
    expect(workflow.jobs['build']?.outputs).toEqual(Object.fromEntries(outputs))
  })

  it('runs no script', () => {
    expect(steps.filter(({ run }) => run !== undefined)).toEqual([])
  })

  it('sends the token of the run to ghcr.io and nowhere else, and not where a file of logins is named', () => {
    const logins = steps
      .flatMap((step) => Object.entries(step.with ?? {}))
      .filter(([, value]) => /github\.token/.test(String(value)))
    expect(logins.map(([name]) => name)).toEqual(['password', 'password'])
    for (const [, value] of logins) {
      expect(value).toMatch(
        /^\$\{\{ secrets\.password \|\| !inputs\.authfile && startsWith\(steps\.matrix\.outputs\.repository, 'ghcr\.io\/'\) && github\.token \|\| '' \}\}$/,
      )
    }
  })
})
