import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import configuration from '../../../rolldown.config.ts'
import { repositoryRoot } from '../../support/tools.ts'
import { type ActionManifest, type ActionStep, actionManifests, textOf } from './tree.ts'

/** The contract: names that users, examples and later work rely on, with the defaults that the action states. */
const INPUTS: Readonly<Record<string, string>> = {
  description: '',
  disk: '',
  profiles: '',
  type: '',
  'kiwi-global-arguments': '',
  'kiwi-arguments': '',
  repositories: '',
  kind: '',
  disktype: '',
  instancetype: '',
  preference: '',
  format: '',
  'disk-path': '',
  'base-image': '',
  containerconfig: '',
  labels: '',
  annotations: '',
  platform: '',
  compression: 'gzip',
  tags: '',
  push: 'false',
  'push-by-digest': 'false',
  repository: '',
  export: '',
  registry: '',
  username: '',
  password: '',
  authfile: '',
  'tls-verify': 'true',
  cache: 'true',
  'fast-build': 'true',
  'install-tools': 'true',
  'kiwi-version': '',
  'work-dir': '',
  'source-date-epoch': '',
  summary: 'true',
}
const OUTPUTS = ['digest', 'image', 'tags', 'metadata', 'layout', 'disk']

const MANIFESTS = actionManifests()
const root = MANIFESTS.get('action.yml')

/** @returns the manifest behind `$/x`, or undefined when there is none */
function nested(step: ActionStep | undefined): ActionManifest | undefined {
  return step?.uses?.startsWith('$/') ? MANIFESTS.get(`${step.uses.slice(2)}/action.yml`) : undefined
}

/** Applies a rule to each composite action of ours. */
function inComposites(rule: (path: string, manifest: ActionManifest) => readonly string[]): readonly string[] {
  return [...MANIFESTS].flatMap(([path, manifest]) => (manifest.runs.steps ? rule(path, manifest) : []))
}

/** A default that an empty value of the caller would silently switch off. */
function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === ''
}

describe('the action', () => {
  it('has the inputs and defaults of the contract', () => {
    const stated = Object.entries(root?.inputs ?? {}).map(([name, about]) => [name, String(about?.default ?? '')])
    const { 'kiwi-version': _, ...fixed } = Object.fromEntries(stated)
    const { 'kiwi-version': __, ...wanted } = INPUTS
    expect(fixed).toEqual(wanted)
    expect(Object.keys(root?.inputs ?? {})).toContain('kiwi-version')
  })

  it('has the outputs of the contract, each with a value', () => {
    expect(Object.keys(root?.outputs ?? {}).sort()).toEqual([...OUTPUTS].sort())
    expect(Object.values(root?.outputs ?? {}).filter((output) => !output?.value)).toEqual([])
  })

  it('describes every input and output', () => {
    const all = { ...root?.inputs, ...root?.outputs }
    expect(Object.entries(all).filter(([, about]) => !about?.description?.trim())).toEqual([])
  })

  it('has a picture and a colour in the marketplace', () => {
    expect(textOf('action.yml')).toMatch(/^branding:\n( {2}(icon|color): .+\n){2}/m)
  })

  it('uses every input', () => {
    const text = textOf('action.yml')
    expect(Object.keys(root?.inputs ?? {}).filter((name) => !text.includes(`inputs.${name}`))).toEqual([])
  })
})

describe('the actions inside', () => {
  it('have no defaults: the action around them always passes a value, if an empty one', () => {
    const wrong = [...MANIFESTS]
      .filter(([path]) => path !== 'action.yml')
      .flatMap(([path, manifest]) =>
        Object.entries(manifest.inputs ?? {})
          .filter(([, about]) => !isEmpty(about?.default))
          .map(([name]) => `${path}: ${name}`),
      )
    expect(wrong).toEqual([])
  })

  it('are there for each reference to this repository', () => {
    const wrong = inComposites((path, { runs }) =>
      (runs.steps ?? [])
        .filter((step) => step.uses?.startsWith('$/') && !nested(step))
        .map((step) => `${path}: ${step.uses}`),
    )
    expect(wrong).toEqual([])
  })

  it('get only inputs that they declare, and all of them unless they are also used on their own', () => {
    const wrong = inComposites((path, { runs }) =>
      (runs.steps ?? []).flatMap((step) => {
        const inner = nested(step)
        if (!inner) return []
        const [given, declared] = [Object.keys(step.with ?? {}), Object.keys(inner.inputs ?? {})]
        const unknown = given.filter((name) => !declared.includes(name)).map((name) => `does not declare ${name}`)
        const needed = step.uses?.startsWith('$/.github/actions/') ? declared : []
        const forgotten = needed.filter((name) => !given.includes(name)).map((name) => `is not given ${name}`)
        return [...unknown, ...forgotten].map((problem) => `${path}: ${step.uses} ${problem}`)
      }),
    )
    expect(wrong).toEqual([])
  })

  it('declare the outputs that the actions around them read, which act would not notice', () => {
    const wrong = inComposites((path, manifest) => {
      const steps = manifest.runs.steps ?? []
      const read = [...textOf(path).matchAll(/\bsteps\.([\w-]+)\.outputs\.([\w-]+)/g)]
      return read.flatMap(([expression, id, name]) => {
        const step = steps.find((candidate) => candidate.id === id)
        if (!step) return [`${path}: ${expression}: no step has this id`]
        if (step.run !== undefined)
          return step.run.includes(`${name}=`) ? [] : [`${path}: ${expression}: never written`]
        return Object.hasOwn(nested(step)?.outputs ?? {}, name ?? '') ? [] : [`${path}: ${expression}: not declared`]
      })
    })
    expect(wrong).toEqual([])
  })

  it('read only inputs that they have', () => {
    const wrong = [...MANIFESTS].flatMap(([path, manifest]) =>
      [...textOf(path).matchAll(/\binputs\.([\w-]+)/g)]
        .filter(([, name]) => !Object.hasOwn(manifest.inputs ?? {}, name ?? ''))
        .map(([expression]) => `${path}: ${expression}`),
    )
    expect(wrong).toEqual([])
  })

  it('run on Node 24 from files that are built into dist', () => {
    const built = [configuration].flat().map(({ output }) => join(repositoryRoot, [output].flat()[0]?.file ?? ''))
    const wrong = [...MANIFESTS].flatMap(([path, { runs }]) => {
      if (runs.using === 'composite') return []
      if (runs.using !== 'node24') return [`${path}: ${runs.using}`]
      return [runs.main, runs.post]
        .filter((file) => file !== undefined)
        .filter((file) => !built.includes(join(repositoryRoot, dirname(path), file)))
        .map((file) => `${path}: ${file}`)
    })
    expect(wrong).toEqual([])
  })

  it('put no expression into a script, where its value would be run', () => {
    const wrong = inComposites((path, { runs }) =>
      (runs.steps ?? []).filter((step) => step.run?.includes('${{')).map((step) => `${path}: ${step.run}`),
    )
    expect(wrong).toEqual([])
  })
})
