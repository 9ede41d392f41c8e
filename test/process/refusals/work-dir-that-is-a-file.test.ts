import { expect, it } from 'vitest'
import { DISK, place, refusals } from '../support/cli.ts'

it.each(['file', 'file/below'])('a work-dir that is a file: %s', async (name) => {
  await using here = await place()
  await here.write('a.raw', DISK)
  await here.write('file', '')
  const told = await refusals(here, ['--disk', 'a.raw', '--export', 'oci:out', '--work-dir', name])
  expect(told).toEqual([
    expect.stringMatching(
      RegExp(`^--work-dir: /\\S+/${name} cannot be used \\(it is no folder\\): name a folder of yours$`),
    ),
  ])
})
