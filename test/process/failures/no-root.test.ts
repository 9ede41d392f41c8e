import { expect, it } from 'vitest'
import { description, failure, NOBODY, place } from '../support/cli.ts'

it('neither root nor sudo, for a description', async () => {
  await using here = await place()
  await here.openToAll()
  await here.write('config.xml', description())
  // A PATH without sudo: as on a machine where an ordinary user has no way to become root.
  const options = { user: NOBODY, env: { PATH: here.folder } }
  expect(await failure(here, 'host-root', ['--description', '.', '--install-tools'], options)).toEqual([
    'building needs root: run as root or with password-less sudo',
  ])
})
