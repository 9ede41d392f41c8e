import { expect, it } from 'vitest'
import { place, refusals } from '../support/cli.ts'

it('a disk that is missing', async () => {
  await using here = await place()
  expect(await refusals(here, ['--disk', 'a.raw'])).toEqual([
    expect.stringMatching(/^--disk: .*a\.raw: there is no such file: /),
  ])
})
