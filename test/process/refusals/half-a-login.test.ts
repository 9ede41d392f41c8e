import { expect, it } from 'vitest'
import { DISK, place, refusals } from '../support/cli.ts'

it('half a login, either half', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  const args = ['--disk', 'a.raw', '--tags', 'ghcr.io/acme/a:1']
  expect(await refusals(here, [...args, '--username', 'me'])).toEqual([
    '--password: missing while a username is given: a login needs both',
  ])
  const env = { KIWI_OCI_PASSWORD: 'secret' }
  expect(await refusals(here, args, { env })).toEqual([
    '--username: missing while a password is given: a login needs both',
  ])
})
