import { expect, it } from 'vitest'
import { DISK, place, refusals } from '../support/cli.ts'

it('an unknown key in containerconfig is named with the known ones', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  expect(await refusals(here, ['--disk', 'a.raw', '--containerconfig', 'entripoint: [a]'])).toEqual([
    expect.stringMatching(/^--containerconfig: .*entripoint.*entrypoint/),
  ])
})
