import { describe, expect, it } from 'vitest'
import { findDescription } from '../../../src/description/find.ts'
import { readDescription } from '../../../src/description/read.ts'
import { type BuildChoice, selectType } from '../../../src/description/select.ts'
import { described, fixture, image, preferences, problemsOf } from './described.ts'

const X86: BuildChoice = { profiles: [], architecture: 'x86_64' }
const profiled = async () => readDescription(await findDescription(fixture('profiles')))

async function selected(types: readonly string[], choice: Partial<BuildChoice> = {}) {
  return selectType(await described(image(preferences(...types))), { ...X86, ...choice })
}

const refused = (types: readonly string[], choice: Partial<BuildChoice> = {}) =>
  problemsOf(() => selected(types, choice))

describe('profiles', () => {
  it('are those marked import="true" where none is asked for, without what they require', async () => {
    const type = selectType(await profiled(), X86)
    expect(type).toMatchObject({ profiles: ['disk'], version: '3.0.0', packageManager: 'dnf5' })
  })

  it('bring along what they require, and the first version wins', async () => {
    const type = selectType(await profiled(), { ...X86, profiles: ['disk'] })
    expect(type).toMatchObject({ profiles: ['disk', 'common'], version: '2.0.1' })
  })

  it('require others on some machines only', async () => {
    const type = selectType(await profiled(), { profiles: ['disk'], architecture: 'aarch64' })
    expect(type).toMatchObject({
      profiles: ['disk', 'common', 'arm'],
      version: '2.0.1',
      filesystems: ['ext4', 'squashfs'],
    })
  })

  it('may require each other', async () => {
    const profiles = `<profiles>
      <profile name="a"><requires profile="b"/></profile>
      <profile name="b"><requires profile="a"/></profile></profiles>`
    const description = await described(image(profiles, preferences('<type image="oem"/>')))
    expect(selectType(description, { ...X86, profiles: ['b'] }).profiles).toEqual(['b', 'a'])
  })

  it('are refused where they are not there, with those that are', async () => {
    const description = await profiled()
    const { kind, lines } = await problemsOf(() => selectType(description, { ...X86, profiles: ['dsik', 'arm'] }))
    expect(kind).toBe('input')
    expect(lines).toEqual([
      'input profiles: the description has no profile dsik: write one of common, disk, live',
      'input profiles: the description has no profile arm for x86_64: write one of common, disk, live',
    ])
  })

  it('are refused where the description has none', async () => {
    const { lines } = await refused(['<type image="oem"/>'], { profiles: ['a'] })
    expect(lines).toEqual(['input profiles: the description has no profile a: leave it out'])
  })

  it('are refused at their line where they require what is not there', async () => {
    const profiles = '<profiles><profile name="a">\n<requires profile="b"/></profile></profiles>'
    const description = await described(image(profiles, preferences('<type image="oem"/>')))
    const { kind, lines } = await problemsOf(() => selectType(description, { ...X86, profiles: ['a'] }))
    expect(kind).toBe('description')
    expect(lines).toEqual(['config.xml:3: the profile a requires b, which is not there: write one of a'])
  })
})
