import { expect, it } from 'vitest'
import { DISK, place, refusals } from '../support/cli.ts'

it('a file that is named like a reference', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  await here.write('base.tar', 'a container')
  expect(await refusals(here, ['--disk', 'a.raw', '--base-image', 'base.tar'])).toEqual([
    "--base-image: 'base.tar' is the name of a file and of a reference: write file:base.tar for the file, docker://base.tar for the reference",
  ])
})
