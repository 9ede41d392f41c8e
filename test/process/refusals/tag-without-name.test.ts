import { expect, it } from 'vitest'
import { DISK, place, refusals } from '../support/cli.ts'

it('a tag without a name', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  expect(await refusals(here, ['--disk', 'a.raw', '--tags', ':1.0'])).toEqual([
    "--tags: ':1.0' is a tag without a name: write REGISTRY/REPOSITORY:1.0",
  ])
})
