import { expect, it } from 'vitest'
import { place, refusals } from '../support/cli.ts'

it('a name with an end of line is told in one line', async () => {
  await using here = await place()
  const told = await refusals(here, ['--disk', 'a\n.raw', '--export', 'oci:out'])
  expect(told).toHaveLength(2)
  expect(told[0]).toMatch(/^--disk: \S+\/a \.raw: there is no such file: name a disk file/)
})
