import { expect, it } from 'vitest'
import { DISK, failure, place } from '../support/cli.ts'

it('a base whose registry does not answer', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  const errors = await failure(here, 'registry-refused', ['--disk', 'a.raw', '--base-image', '127.0.0.1:9/acme/base:1'])
  expect(errors).toEqual([expect.stringMatching(/^the base 127\.0\.0\.1:9\/acme\/base:1 cannot be read: .*refused/)])
})
