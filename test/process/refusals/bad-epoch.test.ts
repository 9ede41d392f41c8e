import { expect, it } from 'vitest'
import { DISK, place, refusals } from '../support/cli.ts'

it('a source-date-epoch that is no number of seconds', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  expect(await refusals(here, ['--disk', 'a.raw', '--source-date-epoch', 'yesterday'])).toEqual([
    "--source-date-epoch: 'yesterday': write whole seconds since 1970, like 1700000000",
  ])
})
