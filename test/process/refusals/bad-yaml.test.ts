import { expect, it } from 'vitest'
import { DISK, place, refusals } from '../support/cli.ts'

it('containerconfig that is no YAML', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  expect(await refusals(here, ['--disk', 'a.raw', '--containerconfig', 'cmd: [a'])).toEqual([
    expect.stringMatching(/^--containerconfig: no valid YAML: /),
  ])
})
