import { expect, it } from 'vitest'
import { DISK, place, refusals } from '../support/cli.ts'

it('a tag in containerconfig without the name that it belongs to', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  expect(await refusals(here, ['--disk', 'a.raw', '--containerconfig', 'tag: 1.0'])).toEqual([
    '--containerconfig: tag: belongs to a name, and there is none: write name',
  ])
})
