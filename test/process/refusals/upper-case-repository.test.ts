import { expect, it } from 'vitest'
import { DISK, place, refusals } from '../support/cli.ts'

it('a repository in upper case, with the spelling to use', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  expect(await refusals(here, ['--disk', 'a.raw', '--tags', 'ghcr.io/Acme/Image:1'])).toEqual([
    "--tags: 'ghcr.io/Acme/Image:1' is no reference: repository names are lower case: write ghcr.io/acme/image",
  ])
})
