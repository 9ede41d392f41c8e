import { expect, it } from 'vitest'
import { DISK, place, refusals } from '../support/cli.ts'

it('a disk-path that is not absolute', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  expect(await refusals(here, ['--disk', 'a.raw', '--disk-path', 'disk/a'])).toEqual([
    "--disk-path: 'disk/a' is not absolute: write /disk/a",
  ])
})
