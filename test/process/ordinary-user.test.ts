import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startRegistry } from '../support/registry.ts'
import { runAsRoot } from '../support/root.ts'
import { DISK, NOBODY, place } from './support/cli.ts'

it('an ordinary user without root or sudo wraps a disk', async () => {
  await using here = await place()
  await here.openToAll()
  await here.write('a.raw', DISK)
  const options = { user: NOBODY, env: { PATH: '/usr/bin:/bin' } }
  const wrapped = await here.run(['--disk', 'a.raw', '--export', 'oci:image:1', '--work-dir', '.'], options)
  expect(wrapped.exitCode, wrapped.stderr).toBe(0)
  expect(wrapped.stdout).toMatch(/^sha256:[0-9a-f]{64}\n$/)
  expect((await stat(join(here.folder, 'image/index.json'))).uid).toBe(NOBODY.uid)
  expect(await here.leftovers()).toEqual([])
  // Under a given work-dir the layout stays; of a raw disk no other was written.
  const [kept = ''] = (await readdir(here.folder)).filter((name) => name.startsWith('kiwi-oci-'))
  const stayed = await runAsRoot('ls', '-A', join(here.folder, kept))
  expect(stayed.split('\n').sort()).toEqual(['.kiwi-oci', 'layout'])
})

it('the supervisor of a build does nothing for an ordinary user', async () => {
  await using here = await place()
  await here.openToAll()
  const refused = await here.run([], { entry: 'supervisor.js', user: NOBODY, input: '{}\n' })
  expect(refused.stderr).toBe('host-root: building needs root: run as root or with password-less sudo\n')
  expect(refused.exitCode).toBe(125)
})

it('a place of logins that is closed to the user holds none of theirs, for us and for skopeo', async () => {
  await using registry = await startRegistry()
  await using here = await place()
  await here.openToAll()
  await here.write('a.raw', DISK)
  // What another user's process has is closed to everybody, like /run/containers after root's podman.
  const options = { user: NOBODY, env: { PATH: '/usr/bin:/bin', XDG_RUNTIME_DIR: '/proc/1/cwd' } }
  const args = ['--disk', 'a.raw', '--tls-verify=false', '--push', '--tags', `${registry.address}/acme/a:1`]
  const pushed = await here.run(args, options)
  expect(pushed.exitCode, pushed.stderr).toBe(0)
  expect(pushed.stderr).toContain('/proc/1/cwd/containers/auth.json lies in a folder that is closed to us')
  expect(await here.leftovers()).toEqual([])
})
