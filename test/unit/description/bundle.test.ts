import { describe, expect, it } from 'vitest'
import { bundleName } from '../../../src/description/bundle.ts'
import { selectType } from '../../../src/description/select.ts'
import { described, image, problemsOf } from './described.ts'

const OEM = { image: 'oem', version: '1.2.3', profiles: [] as readonly string[] }

const named = (bundleFormat: string | undefined, facts: Partial<typeof OEM> = {}) =>
  bundleName({ ...OEM, ...facts, ...(bundleFormat === undefined ? {} : { bundleFormat }) }, 'box', 'x86_64')

describe('the name of a disk by bundle_format', () => {
  it('has every tag of KIWI', () => {
    const name = named('%N-%P-%A-%T-%M-%m-%p-%v-%I-%Z-%%', { profiles: ['a', 'b'] })
    expect(name).toBe('box-a_b-x86_64-oem-1-2-3-1.2.3--%Z-%%')
  })

  it.each([
    ['1.2.3.4', '1|2|3.4|1.2.3.4'],
    ['1.2.3', '1|2|3|1.2.3'],
    ['1.2', '1|2||1.2'],
    ['7', '7|||7'],
    ['', '|||'],
  ])('takes the version %j apart', (version, name) => {
    expect(named('%M|%m|%p|%v', { version })).toBe(name)
  })

  it('has a tag as often as it is written, and the text around it as it is', () => {
    expect(named("%N$&$'%N")).toBe("box$&$'box")
  })

  it('is none without the attribute, and none where nothing comes of it', () => {
    expect(named(undefined)).toBeUndefined()
    expect(named('%P')).toBeUndefined()
  })
})

describe('bundle_format', () => {
  const XML = (pattern: string) =>
    image(`<preferences><version>1.2</version><type image="oem"\nbundle_format="${pattern}"/></preferences>`)
  const refused = async (pattern: string) => {
    const description = await described(XML(pattern))
    return (await problemsOf(() => selectType(description, { profiles: [], architecture: 'x86_64' }))).lines
  }

  it.each(['%N/%v', '/%N'])('%s names no file', async (pattern) => {
    expect(await refused(pattern)).toEqual([
      `config.xml:3: bundle_format="${pattern}": it names a file and no folder: write it without /`,
    ])
  })

  it('may not make a name that deletes files of lower layers', async () => {
    expect(await refused('.wh.%N')).toEqual([expect.stringContaining('.wh.')])
  })

  it('is no name where it is empty', async () => {
    const type = selectType(await described(XML('')), { profiles: [], architecture: 'x86_64' })
    expect(Object.keys(type)).not.toContain('bundleFormat')
  })
})
