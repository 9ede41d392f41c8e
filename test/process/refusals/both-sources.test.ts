import { expect, it } from 'vitest'
import { DISK, place, refusals } from '../support/cli.ts'

it('both description and disk', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  expect(await refusals(here, ['--description', '.', '--disk', 'a.raw'])).toEqual([
    '--disk: a description is given too: give one of the two',
  ])
})
