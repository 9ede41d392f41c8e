import { describe, expect, it } from 'vitest'
import { ImageError } from '../../../src/errors.ts'
import {
  type ConfigChanges,
  changedConfig,
  type ImageConfig,
  parseConfig,
  type RuntimeConfig,
} from '../../../src/oci/container/config.ts'
import { sha256 } from './samplebase.ts'

const DIFF_ID = sha256('ours')
const update = (changes: ConfigChanges = {}) => ({
  changes,
  platform: { os: 'linux', architecture: 'amd64' },
  diffID: DIFF_ID,
  epochSeconds: 1767323045,
  createdBy: 'kiwi-oci: /disk/x.qcow2',
})
const base = (config: RuntimeConfig, more: Partial<ImageConfig> = {}): ImageConfig => ({
  architecture: 'amd64',
  os: 'linux',
  config,
  rootfs: { type: 'layers', diff_ids: [sha256('base')] },
  history: [{ created_by: 'base' }],
  ...more,
})
const runtime = (config: RuntimeConfig, changes: ConfigChanges) => changedConfig(base(config), update(changes)).config

describe('changedConfig', () => {
  it('makes the config of a disk alone', () => {
    expect(changedConfig(undefined, update())).toEqual({
      created: '2026-01-02T03:04:05Z',
      architecture: 'amd64',
      os: 'linux',
      config: {},
      rootfs: { type: 'layers', diff_ids: [DIFF_ID] },
      history: [{ created: '2026-01-02T03:04:05Z', created_by: 'kiwi-oci: /disk/x.qcow2' }],
    })
  })

  it('appends diff ID and history to those of the base and keeps what it does not know', () => {
    const from = base({ OnBuild: ['RUN x'] }, { docker_version: '20', author: 'someone' })
    const config = changedConfig(from, update())
    expect(config.rootfs.diff_ids).toEqual([sha256('base'), DIFF_ID])
    expect(config.history?.map((step) => step.created_by)).toEqual(['base', 'kiwi-oci: /disk/x.qcow2'])
    expect(config).toMatchObject({ docker_version: '20', author: 'someone', config: { OnBuild: ['RUN x'] } })
  })

  it('sets and clears the author of the base', () => {
    const from = base({}, { author: 'someone' })
    expect(changedConfig(from, update({ author: 'us' })).author).toBe('us')
    expect(changedConfig(from, update({ author: null }))).not.toHaveProperty('author')
    expect(changedConfig(from, update()).author).toBe('someone')
  })

  it('says in the history what was given, and ours where nothing was', () => {
    const step = (changes: ConfigChanges) => changedConfig(base({}), update(changes)).history?.at(-1)
    const ours = { created: '2026-01-02T03:04:05Z', created_by: 'kiwi-oci: /disk/x.qcow2' }
    expect(step({ history: { author: 'us', comment: 'why' } })).toEqual({ ...ours, author: 'us', comment: 'why' })
    expect(step({ history: { createdBy: 'them' } })).toEqual({ ...ours, created_by: 'them' })
    expect(step({ history: { createdBy: null, author: null } })).toEqual(ours)
    expect(step({ history: null })).toEqual(ours)
  })

  it('repairs a history that says less than there are layers', () => {
    const config = changedConfig(base({}, { history: [] }), update())
    expect(config.history).toHaveLength(2)
  })

  it('keeps the variant of the base where none was asked for', () => {
    const from = base({}, { architecture: 'arm', variant: 'v7' })
    const arm = { ...update(), platform: { os: 'linux', architecture: 'arm' } }
    expect(changedConfig(from, arm)).toMatchObject({ architecture: 'arm', variant: 'v7' })
  })

  it('changes nothing where nothing is asked for', () => {
    const config = { Cmd: ['a'], Env: ['A=b'], User: 'u' }
    expect(runtime(config, {})).toEqual(config)
  })

  it('sets and clears every key', () => {
    const all: ConfigChanges = {
      entrypoint: ['e'],
      cmd: ['c'],
      env: { A: 'b' },
      labels: { l: 'm' },
      user: 'u',
      workdir: '/w',
      expose: ['80'],
      volumes: ['/v'],
      stopsignal: 'SIGINT',
    }
    const set = runtime({}, all)
    expect(set).toEqual({
      User: 'u',
      ExposedPorts: { 80: {} },
      Env: ['A=b'],
      Entrypoint: ['e'],
      Cmd: ['c'],
      Volumes: { '/v': {} },
      WorkingDir: '/w',
      Labels: { l: 'm' },
      StopSignal: 'SIGINT',
    })
    const cleared: ConfigChanges = Object.fromEntries(Object.keys(all).map((key) => [key, null]))
    expect(runtime(set ?? {}, cleared)).toEqual({})
  })

  it('sets the entrypoint alone', () => {
    const from = { Entrypoint: ['a'], Cmd: ['b'] }
    expect(runtime(from, { entrypoint: ['c'] })).toEqual({ Entrypoint: ['c'], Cmd: ['b'] })
    expect(runtime(from, { entrypoint: ['c'], cmd: null })).toEqual({ Entrypoint: ['c'] })
    expect(runtime(from, { entrypoint: null })).toEqual({ Cmd: ['b'] })
  })

  it('merges env in the order of the base', () => {
    const env = runtime({ Env: ['PATH=/bin', 'A=1', 'B=x=y'] }, { env: { A: '2', C: '3', B: null } })?.Env
    expect(env).toEqual(['PATH=/bin', 'A=2', 'C=3'])
  })

  it('merges labels by name', () => {
    expect(runtime({ Labels: { b: '1', c: '2' } }, { labels: { a: '0', c: null } })?.Labels).toEqual({ a: '0', b: '1' })
  })

  it('adds ports and volumes to those of the base, each once', () => {
    const from = { ExposedPorts: { '53/udp': {}, '22/tcp': {} }, Volumes: { '/a': {} } }
    expect(runtime(from, { expose: ['80', '53/udp', '22', '080/tcp', '53'], volumes: ['/b', '/a'] })).toEqual({
      ExposedPorts: { '53/udp': {}, '22/tcp': {}, 80: {}, 53: {} },
      Volumes: { '/a': {}, '/b': {} },
    })
  })
})

describe('parseConfig', () => {
  const parse = (value: unknown) => parseConfig(Buffer.from(JSON.stringify(value)))

  it('takes a config and keeps its unknown members', () => {
    expect(parse(base({ Cmd: ['a'] }, { container_config: {} }))).toMatchObject({
      config: { Cmd: ['a'] },
      container_config: {},
    })
  })

  it("takes null for a missing member, as Go's encoder writes it", () => {
    const { history, config } = parse({ ...base({}), history: null, config: null })
    expect({ history, config }).toEqual({ history: undefined, config: undefined })
    expect(parse(base({ Env: null, Cmd: null } as unknown as RuntimeConfig)).config).toEqual({ Env: null, Cmd: null })
  })

  it.each([
    ['no architecture', { architecture: undefined }, 'it has no architecture'],
    ['an empty os', { os: '' }, 'it has no os'],
    ['no rootfs', { rootfs: undefined }, 'it has no rootfs'],
    ['another rootfs', { rootfs: { type: 'x', diff_ids: [] } }, 'its rootfs.type is not "layers"'],
    [
      'odd diff IDs',
      { rootfs: { type: 'layers', diff_ids: ['sha256:x'] } },
      'its diff_ids are no list of sha256 digests',
    ],
    ['a history that is none', { history: ['x'] }, 'its history is no list of entries'],
    ['an Env that is no list', { config: { Env: 'x' } }, 'its config has Env of the wrong kind'],
    ['an Env without text', { config: { Env: [null] } }, 'its config has Env of the wrong kind'],
    ['a User that is a number', { config: { User: 0 } }, 'its config has User of the wrong kind'],
    ['a label that is no text', { config: { Labels: { a: 1 } } }, 'its config has Labels of the wrong kind'],
    ['a date that is none', { created: 'today' }, 'it has created of the wrong kind'],
    ['an author that is a list', { author: ['x'] }, 'it has author of the wrong kind'],
    [
      'a step that is no text',
      { history: [{ created_by: 1 }] },
      'step 1 of its history has created_by of the wrong kind',
    ],
    [
      'a step with a date that is none',
      { history: [{ created: '' }] },
      'step 1 of its history has created of the wrong kind',
    ],
    ['another case of a member', { config: { ENV: ['A=b'] } }, 'its config has ENV, written in another case'],
  ])('refuses %s', (_, change, violation) => {
    expect(() => parse({ ...base({}), ...change })).toThrow(new ImageError('image-invalid', 'the config', [violation]))
  })
})
