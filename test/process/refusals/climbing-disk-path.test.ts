import { expect, it } from 'vitest'
import { DISK, place, refusals } from '../support/cli.ts'

it('a disk-path that climbs out', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  expect(await refusals(here, ['--disk', 'a.raw', '--disk-path', '/disk/../../etc/a'])).toEqual([
    "--disk-path: '/disk/../../etc/a' climbs out of its folder: write it without ..",
  ])
})
