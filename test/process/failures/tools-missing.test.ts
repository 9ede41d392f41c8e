import { symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { description, failure, place } from '../support/cli.ts'

it('all missing tools at once, with the command that installs them', async () => {
  await using here = await place()
  await here.write('config.xml', description())
  // Who is not root is refused for that alone without it.
  await symlink('/usr/bin/sudo', join(here.folder, 'sudo'))
  // The folders of system programs are always searched, so those of this machine may be there; skopeo is not in them.
  const [message, ...others] = await failure(here, 'host-tools', ['--description', '.'], { env: { PATH: here.folder } })
  expect(others).toEqual([])
  expect(message).toMatch(/kiwi-ng 11\.1\.6/)
  expect(message).toMatch(/skopeo \(.*qemu-img \(.*rsync \(/)
  expect(message).toMatch(/apt-get install --no-install-recommends .*skopeo.*qemu-utils.*rsync/)
  expect(message).toMatch(/install-tools/)
})
