import { expect, it } from 'vitest'
import { DISK, place, refusals } from '../support/cli.ts'

it('a destination that skopeo does not know', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  expect(await refusals(here, ['--disk', 'a.raw', '--export', 'somewhere'])).toEqual([
    expect.stringMatching(/^--export: 'somewhere' is no skopeo destination: /),
  ])
})
