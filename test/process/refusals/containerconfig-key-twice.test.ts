import { expect, it } from 'vitest'
import { DISK, place, refusals } from '../support/cli.ts'

it('a key of containerconfig in both words that it has', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  const containerconfig = '{workdir: /a, workingdir: /b}'
  expect(await refusals(here, ['--disk', 'a.raw', '--containerconfig', containerconfig])).toEqual([
    "--containerconfig: workingdir: is KIWI's word for workdir, which is given too: write one of the two",
  ])
})
