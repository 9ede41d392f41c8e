import { expect, it } from 'vitest'
import { DISK, failure, place } from '../support/cli.ts'

it('an unknown flag is named, with the one that was meant', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  expect(await failure(here, 'input', ['--disk', 'a.raw', '--base-imag=x'])).toEqual([
    '--base-imag: is no flag of kiwi-oci: did you mean --base-image?',
  ])
})
