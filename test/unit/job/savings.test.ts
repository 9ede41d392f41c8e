import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { descriptionSavings } from '../../../src/job/savings.ts'
import type { DescriptionSource } from '../../../src/plan/plan.ts'

interface About {
  readonly packageManager?: string
  readonly replacesInitrd?: boolean
  readonly buildArguments?: readonly string[]
}

async function savings(files: Readonly<Record<string, string>>, about: About = {}) {
  const { packageManager = 'apt', replacesInitrd = true, buildArguments = [] } = about
  const folder = await mkdtemp(join(tmpdir(), 'kiwi-oci-savings-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
    await chmod(join(folder, path), 0o600)
  }
  const source = { packageManager, selected: { replacesInitrd }, buildArguments } as unknown as DescriptionSource
  return await descriptionSavings(source, folder)
}

it('packages leave the initrd to KIWI where nothing in the description speaks of it', async () => {
  const files = { 'config.xml': '<type initrd_system="dracut">', 'config.sh': 'systemctl enable x', 'root/etc/a': 'b' }
  expect(await savings(files)).toEqual({ packageManager: 'apt', replacesInitrd: true })
})

it.each([
  ['config.sh', 'cp /boot/vmlinuz* /srv'],
  ['images.sh', 'lsinitrd >/etc/list'],
  ['config.sh', 'update-initramfs -u'],
  ['root/usr/local/bin/setup', 'dracut --regenerate-all'],
  ['root/etc/config.xml', 'initrd'],
])('packages make the initrd where %s says: %s', async (path, text) => {
  expect((await savings({ [path]: text })).replacesInitrd).toBe(false)
})

it.each([
  ['apt', false],
  ['dnf5', true],
])('packages of %s make the initrd where KIWI’s comes over it: %s', async (packageManager, replacesInitrd) => {
  expect((await savings({}, { packageManager, replacesInitrd })).replacesInitrd).toBe(false)
})

it.each([[['--set-type-attr=overlayroot=true']], [['--set-type', 'initrd_system=none']]])(
  'packages make the initrd where the type is changed for the build: %j',
  async (buildArguments) => {
    expect((await savings({}, { buildArguments })).replacesInitrd).toBe(false)
    expect((await savings({}, { buildArguments: ['--add-package=vim'] })).replacesInitrd).toBe(true)
  },
)
