import { expect, it } from 'vitest'
import { DISK, place, refusals } from '../support/cli.ts'

it.each(['nightly', 'ghcr.io', 'localhost:5000'])('%s is no full reference to push to', async (tag) => {
  await using here = await place()
  await here.write('a.raw', DISK)
  expect(await refusals(here, ['--disk', 'a.raw', '--tags', tag])).toEqual([
    `--tags: '${tag}' is no full reference: write REGISTRY/REPOSITORY:TAG`,
  ])
})
