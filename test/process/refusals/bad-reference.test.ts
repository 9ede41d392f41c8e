import { expect, it } from 'vitest'
import { DISK, place, refusals } from '../support/cli.ts'

it('a base that is no reference', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  expect(await refusals(here, ['--disk', 'a.raw', '--base-image', 'alpine:3:22'])).toEqual([
    expect.stringMatching(/^--base-image: 'alpine:3:22' /),
  ])
})
