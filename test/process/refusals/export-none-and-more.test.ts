import { expect, it } from 'vitest'
import { DISK, place, refusals } from '../support/cli.ts'

it('the word none beside other exports', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  expect(await refusals(here, ['--disk', 'a.raw', '--export', 'none', '--export', 'oci:x'])).toEqual([
    '--export: none stands beside others: write none alone, or leave it out',
  ])
})
