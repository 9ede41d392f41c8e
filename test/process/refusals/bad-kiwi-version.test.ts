import { expect, it } from 'vitest'
import { description, place, refusals } from '../support/cli.ts'

it('a version of KIWI that is none', async () => {
  await using here = await place()
  await here.write('config.xml', description())
  expect(await refusals(here, ['--description', '.', '--kiwi-version', 'latest'])).toEqual([
    expect.stringMatching(/^--kiwi-version: 'latest' is no version: write one like \d+\.\d+\.\d+, or system$/),
  ])
})
