import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { DISK, description, failure, place } from './support/cli.ts'

it('a relative TMPDIR means what it does where we started, also for the guardian', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  await mkdir(join(here.folder, 'temp'))
  const killed = await here.run(['--disk', 'a.raw', '--base-image', 'scratch', '--export', 'oci:out'], {
    env: { TMPDIR: 'temp' },
    onError: (piece, child) => void (piece.includes('Check base') && child.kill('SIGKILL')),
  })
  expect(killed.exitCode).toBe(null)
  const left = () => readdir(join(here.folder, 'temp'))
  for (const until = Date.now() + 10_000; (await left()).length > 0 && Date.now() < until; ) await pause(50)
  expect(await left()).toEqual([])
})

it('a user without a home is told to set one', async () => {
  await using here = await place()
  await here.openToAll()
  await here.write('a.raw', DISK)
  const nobody = { user: { uid: 54_321, gid: 54_321 }, env: { HOME: '', PATH: '/usr/bin:/bin' } }
  expect(await failure(here, 'host-folder', ['--disk', 'a.raw', '--export', 'oci:out'], nobody)).toEqual([
    'the user 54321 has no home folder: set HOME to a folder of yours',
  ])
})

it('a folder for temporary files that is none is told as that', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  const file = await here.write('file', '')
  const options = { env: { TMPDIR: file } }
  expect(await failure(here, 'host-folder', ['--disk', 'a.raw', '--export', 'oci:out'], options)).toEqual([
    `${file} cannot be used (it is no folder): set TMPDIR to a folder of yours`,
  ])
})

it('an error of the machine is one line, whatever it quotes', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  const args = ['--disk', 'a.raw', '--push', '--tags', '127.0.0.1:1/acme/a:1', '--authfile', 'a\nb']
  expect((await here.run(args)).errors).toEqual([expect.stringContaining('a b')])
})

it('what a dead job left is removed before there is asked for space', async () => {
  await using here = await place()
  await here.write('description/config.xml', description())
  const left = join(here.folder, 'work/kiwi-oci-0123456789ab')
  await mkdir(left, { recursive: true })
  const small = `mount -t tmpfs -o size=1m none '${join(here.folder, 'work')}'; mkdir '${left}'; exec "$@"`
  const run = await here.run(['--description', 'description', '--work-dir', 'work', '--export', 'oci:out'], {
    machine: small,
  })
  expect(run.stderr).toContain(`removing ${left}, which a job left that was killed`)
  expect(run.codes).toContain('host-space')
})
