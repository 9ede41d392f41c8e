import { expect, it } from 'vitest'
import { place, refusals } from '../support/cli.ts'

it('neither description nor disk', async () => {
  await using here = await place()
  expect(await refusals(here, [])).toEqual([
    '--description: missing: name the folder of a KIWI description, or a disk to wrap with --disk',
  ])
})
