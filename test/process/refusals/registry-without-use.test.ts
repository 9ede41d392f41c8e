import { expect, it } from 'vitest'
import { DISK, place, refusals } from '../support/cli.ts'

it('a registry that neither a login nor a name is for', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  expect(await refusals(here, ['--disk', 'a.raw', '--registry', 'ghcr.io'])).toEqual([
    '--registry: a login for ghcr.io needs username and password: give both, or leave registry out',
  ])
})
