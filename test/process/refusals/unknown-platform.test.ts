import { expect, it } from 'vitest'
import { DISK, place, refusals } from '../support/cli.ts'

it('an unknown platform', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  expect(await refusals(here, ['--disk', 'a.raw', '--platform', 'linux/potato'])).toEqual([
    "--platform: 'linux/potato' is no platform: write os/arch[/variant], like linux/amd64 or linux/arm64",
  ])
})
