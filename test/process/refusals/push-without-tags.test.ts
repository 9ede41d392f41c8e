import { expect, it } from 'vitest'
import { DISK, place, refusals } from '../support/cli.ts'

it('a push without tags', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  expect(await refusals(here, ['--disk', 'a.raw', '--push'])).toEqual([
    '--push: there are no tags to push to: set tags, or name: REGISTRY/NAME in containerconfig, or leave push out',
  ])
})
