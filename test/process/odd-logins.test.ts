import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { DISK, failure, place } from './support/cli.ts'

it('a file of logins with nothing in it, at which skopeo would end in the middle of a push, is told before', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  const file = await here.write('../home/.docker/config.json', '')
  const args = ['--disk', 'a.raw', '--base-image', 'scratch', '--push', '--tags', '127.0.0.1:1/acme/a:1']
  const told = `the file of logins ${file} cannot be used, there is nothing in it: correct it or remove it`
  expect(await failure(here, 'host-logins', args)).toEqual([told])
})

it('a pipe is no file of logins', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  const pipe = join(here.folder, 'pipe')
  execFileSync('mkfifo', [pipe])
  const args = ['--disk', 'a.raw', '--push', '--tags', '127.0.0.1:1/acme/a:1', '--authfile', pipe]
  expect(await failure(here, 'host-logins', args)).toEqual([`the file of logins ${pipe} is a pipe: give a file`])
})

it('a password in a reference is not told', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  const refused = await here.run(['--disk', 'a.raw', '--tags', 'http://u:geheim@127.0.0.1:1/a/b:1'])
  expect(refused.exitCode).toBe(2)
  expect(refused.stderr).not.toContain('geheim')
})
