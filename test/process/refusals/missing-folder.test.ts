import { expect, it } from 'vitest'
import { place, refusals } from '../support/cli.ts'

it('a folder that is not there', async () => {
  await using here = await place()
  expect(await refusals(here, ['--description', 'nowhere'])).toEqual([
    '--description: nowhere does not exist: name the folder of a KIWI description',
  ])
})
