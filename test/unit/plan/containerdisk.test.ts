import { describe, expect, it } from 'vitest'
import { baseLabelProblem } from '../../../src/plan/containerdisk.ts'
import { described, typeOf } from './described.ts'
import { planOf, problemsOf, type Texts } from './request.ts'

const LABELLED =
  '<containerconfig name="a">\n<labels><label name="ostree.bootable" value="1"/></labels></containerconfig>'

async function configOf(texts: Texts) {
  await using here = await described(typeOf('qcow2'))
  return (await planOf({ disk: here.disk, kind: 'kubevirt', ...texts })).config
}

async function problems(texts: Texts, type = typeOf('qcow2')) {
  await using here = await described(type)
  return await problemsOf({ description: here.folder, kind: 'container,kubevirt', export: 'none', ...texts })
}

describe('a containerDisk', () => {
  it('starts nothing on scratch, unless containerconfig says what', async () => {
    expect(await configOf({})).toEqual({ entrypoint: ['no-entrypoint'] })
    expect(await configOf({ containerconfig: 'entrypoint: [/x]' })).toMatchObject({ entrypoint: ['/x'] })
    expect(await configOf({ containerconfig: 'entrypoint: null' })).toMatchObject({ entrypoint: null })
  })

  it('starts what its base does', async () => {
    expect(await configOf({ 'base-image': 'docker.io/library/alpine' })).toEqual({})
  })

  it('names instance type and preference in its environment, over containerconfig', async () => {
    const name = 'INSTANCETYPE_KUBEVIRT_IO_DEFAULT_INSTANCETYPE'
    const texts = { instancetype: 'u1.small', preference: 'fedora', containerconfig: `env: {A: b, ${name}: other}` }
    expect((await configOf(texts)).env).toEqual({
      A: 'b',
      [name]: 'u1.small',
      INSTANCETYPE_KUBEVIRT_IO_DEFAULT_PREFERENCE: 'fedora',
    })
  })

  it('cannot name them in an environment that is cleared', async () => {
    expect(await problems({ preference: 'fedora', containerconfig: 'env: null' })).toEqual([
      'input preference: is a variable of the environment, which containerconfig clears: leave out one of the two',
    ])
  })

  it.each([
    [{ labels: 'containers.bootc=1' }, 'input labels: the label containers.bootc=1'],
    [{ containerconfig: 'labels: {ostree.bootable: 1}' }, 'input containerconfig: the label ostree.bootable=1'],
  ])('with the label of a system that boots is refused: %j', async (texts, begin) => {
    expect(await problems(texts)).toEqual([
      `${begin} is of a system that boots from its container, of which CDI makes no disk: leave it out with kubevirt`,
    ])
  })

  it('with such a label of the description is refused with its line, unless an input takes it away', async () => {
    expect(await problems({}, typeOf('oci:qcow2', LABELLED))).toEqual([
      expect.stringMatching(/^config\.xml:9: the label ostree\.bootable=1 is of a system that boots/),
    ])
    await using here = await described(typeOf('oci:qcow2', LABELLED))
    const texts = { description: here.folder, kind: 'kubevirt', containerconfig: 'labels: {ostree.bootable: null}' }
    expect((await planOf(texts)).config.labels).toEqual({ 'ostree.bootable': null })
  })
})

describe('the base of a containerDisk', () => {
  const base = { Labels: { 'containers.bootc': '1' } }
  const plan = { kinds: ['kubevirt'], config: {}, labels: {} } as const

  it('cannot be a system that boots from its container', () => {
    expect(baseLabelProblem(plan, base)).toBe(
      'has the label containers.bootc=1, of which CDI makes no disk: choose another base, or write labels: {containers.bootc: null} in containerconfig',
    )
  })

  it.each([
    ['its labels are cleared', { ...plan, config: { labels: null } }, base],
    ['the label is taken away', { ...plan, config: { labels: { 'containers.bootc': null } } }, base],
    ['the label says no', plan, { Labels: { 'containers.bootc': '0' } }],
    ['it has none', plan, undefined],
    ['nobody asked for a containerDisk', { ...plan, kinds: ['container'] as const }, base],
  ])('is taken where %s', (_, given, runtime) => {
    expect(baseLabelProblem(given, runtime)).toBeUndefined()
  })
})
