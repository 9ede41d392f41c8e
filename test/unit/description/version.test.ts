import { expect, it } from 'vitest'
import { selectType } from '../../../src/description/select.ts'
import { described, image, problemsOf } from './described.ts'

const TYPE = '<type image="oem" format="oci:qcow2"/>'
const CHOICE = { profiles: [], architecture: 'x86_64' }

const withVersion = (version: string) =>
  described(image('<preferences>', `<version>${version}</version>`, `${TYPE}</preferences>`))

it.each([
  ['1.42.3', '1.42.3'],
  ['20260101', '20260101'],
  ['2.0~rc1+git20260101.a1b2c3-1_2', '2.0~rc1+git20260101.a1b2c3-1_2'],
  ['\n 1.0 ', '1.0'],
  [' ', ''],
])('takes the version %j', async (text, version) => {
  expect(selectType(await withVersion(text), CHOICE).version).toBe(version)
})

it.each(['1/../../../../tmp/x', '1:2', '1 2', '1@2', '1\\2', '%%VERSION%%', 'é', '1'.repeat(129)])(
  'refuses the version %j, of which no file name could be made, with its line',
  async (text) => {
    const description = await withVersion(text)
    const { kind, lines } = await problemsOf(() => selectType(description, CHOICE))
    expect(kind).toBe('description')
    expect(lines).toEqual([
      `config.xml:3: the version ${JSON.stringify(text)} becomes part of file names: write at most 128 letters, digits and . _ + ~ -`,
    ])
  },
)

it('says nothing of a version that is not the one of the image', async () => {
  const description = await described(
    image(
      `<preferences><version>1.0</version>${TYPE}</preferences>`,
      '<preferences><version>a/b</version></preferences>',
    ),
  )
  expect(selectType(description, CHOICE).version).toBe('1.0')
})
