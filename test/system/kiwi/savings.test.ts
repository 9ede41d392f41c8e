import { chmod, copyFile, mkdir, mkdtemp, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runCommand } from '../../../src/command.ts'
import { checkSavings, type Savings, writeSavings } from '../../../src/kiwi/savings.ts'
import { runAsRoot } from '../../support/root.ts'

const VERSION = '6.1.0-1-amd64'
const INITRD = `/boot/initrd.img-${VERSION}`
const HOOK = ['-q', '--force', INITRD, VERSION]
const NEEDED = ['boot', 'bin', 'etc/kernel/postinst.d', 'lib/modules', 'usr/bin', 'var/lib/dpkg/triggers', 'build']
const APPLETS = ['sh', 'ls', 'grep', 'rm', 'cat']

let folder: string
let root: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiwi-oci-savings-'))
  root = join(folder, 'root')
  for (const path of NEEDED) await mkdir(join(root, path), { recursive: true })
  await copyFile('/bin/busybox', join(root, 'bin/busybox'))
  for (const name of APPLETS) await symlink('busybox', join(root, 'bin', name))
  await program(join(root, 'usr/bin/dracut'), 'printf made >"$3"')
  await program(join(root, 'usr/bin/dpkg-query'), 'cat /status')
  await writeFile(join(root, 'status'), 'installed')
  await kernel(VERSION)
  await hook('dracut')
})
afterEach(async () => {
  await runAsRoot('rm', '-rf', folder)
})

async function program(path: string, text: string): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(path, `#!/bin/sh\n${text}\n`)
  await chmod(path, 0o755)
}

const kernel = (version: string) => mkdir(join(root, 'lib/modules', version))
const hook = (name: string) => writeFile(join(root, 'etc/kernel/postinst.d', name), '')

/** Writes them with the shared cache in the root tree, where KIWI binds it. */
async function write(savings: Partial<Savings> = {}) {
  const places = { workFolder: join(folder, 'work'), sharedCache: join(root, 'cache'), cachePlace: '/cache' }
  await writeSavings({ packageManager: 'apt', replacesInitrd: true, ...savings }, places)
}

/** Calls dracut as a script of a package does. @returns what the initrd holds */
async function dracut(args: readonly string[] = HOOK, caller = 'linux-image'): Promise<string> {
  const env = [`DPKG_MAINTSCRIPT_PACKAGE=${caller}`, 'PATH=/cache/kiwi-oci/bin:/usr/bin:/bin']
  await runAsRoot('env', '-i', ...env, '/usr/sbin/chroot', root, '/bin/sh', '-c', 'dracut "$@"', 'sh', ...args)
  return await runAsRoot('cat', join(root, INITRD))
}

const left = () => readdir(join(root, 'cache/kiwi-oci/pending'))

describe('an initrd that KIWI makes', () => {
  it('is left to KIWI also while a package with a hook is only unpacked, whose files run-parts does not run', async () => {
    for (const name of ['zz-update-grub.dpkg-new', 'others.dpkg-new', 'old.dpkg-dist']) await hook(name)
    await write()
    expect(await dracut()).toBe('')
    expect(await left()).toEqual([VERSION])
  })

  it('is not made by a package, and its place is held', async () => {
    await write()
    expect(await dracut()).toBe('')
    expect(await dracut(HOOK.slice(1))).toBe('')
    expect(await dracut(HOOK, 'dracut')).toBe('')
    expect(await left()).toEqual([VERSION])
    await expect(checkSavings(join(root, 'cache'))).rejects.toThrow(
      `the initrd of the kernel ${VERSION} was left to KIWI, which made none: set fast-build to false`,
    )
  })

  it('stays what it was when a package asks for it once more', async () => {
    await write()
    await writeFile(join(root, INITRD), 'older')
    expect(await dracut()).toBe('older')
  })

  it.each([
    ['there is another kernel', () => kernel('6.1.0-2-amd64')],
    ['a hook of kernels may read it', () => hook('zz-systemd-boot')],
    ['a hook of initrds may read it', () => program(join(root, 'etc/initramfs/post-update.d/extlinux'), '')],
  ])('is made by the package as well where %s', async (_, arrange) => {
    await write()
    await arrange()
    expect(await dracut()).toBe('made')
    expect(await left()).toEqual([])
  })

  it.each([
    ['is for another place', ['-q', '--force', '/boot/other', VERSION]],
    ['is for another kernel', ['-q', '--force', INITRD, '6.9']],
    ['has more to say', [...HOOK, '--hostonly']],
  ])('leaves alone a call that %s', async (_, args) => {
    await write()
    await writeFile(join(root, INITRD), 'untouched')
    await dracut(args)
    expect(await left()).toEqual([])
  })
})

describe('an initrd that packages make last', () => {
  beforeEach(async () => {
    await write({ replacesInitrd: false })
  })

  it.each(['unpacked', 'half-configured', 'triggers-awaited', 'triggers-pending'])(
    'is left to the trigger of dracut where that is %s',
    async (status) => {
      await writeFile(join(root, 'status'), status)
      expect(await dracut()).toBe('')
      expect(await left()).toEqual([VERSION])
      expect(await dracut(HOOK, 'dracut')).toBe('made')
      expect(await left()).toEqual([])
    },
  )

  it.each(['dracut', ''])('is made by that trigger, which calls in the name of %j', async (caller) => {
    await writeFile(join(root, 'status'), 'half-configured')
    expect(await dracut(HOOK, caller)).toBe('made')
  })

  it('is left to a trigger that was just asked for', async () => {
    await writeFile(join(root, 'var/lib/dpkg/triggers/Unincorp'), 'update-initramfs dracut\n')
    expect(await dracut()).toBe('')
  })

  it('is made where no trigger comes', async () => {
    expect(await dracut()).toBe('made')
  })
})

describe('KIWI’s calls of chroot', () => {
  const shims = () => join(folder, 'work/bin')

  /** @returns what chroot was called with, each with the configuration of apt that it saw */
  async function chroot(...args: readonly string[]): Promise<readonly string[]> {
    const log = join(folder, 'log')
    await program(join(folder, 'fake/chroot'), `echo "$*$APT_CONFIG" >>${log}`)
    const PATH = `${shims()}:${join(folder, 'fake')}:/usr/bin:/bin`
    await runCommand(join(shims(), 'chroot'), args, { env: { PATH, APT_CONFIG: ' configured' } })
    return (await readFile(log, 'utf8')).trim().split('\n')
  }

  const KIWIS = ['--verbose', '--install', '/.profile', 'x.initrd', VERSION]

  it('hand the configuration of apt to apt-get alone', async () => {
    await write()
    expect(await chroot('/r', 'apt-get', 'install')).toEqual(['/r apt-get install configured'])
    expect(await chroot('/r', 'bash', '/image/config.sh')).toContain('/r bash /image/config.sh')
  })

  it('for its initrd leave nothing to be made', async () => {
    await write()
    await dracut()
    expect(await chroot('/r', 'dracut', ...KIWIS)).toEqual([`/r dracut ${KIWIS.join(' ')}`])
    await expect(checkSavings(join(root, 'cache'))).resolves.toBeUndefined()
  })

  it('for the initrd of another kernel have the one made before that was left to it', async () => {
    await write()
    await dracut()
    const calls = await chroot('/r', 'dracut', ...KIWIS.slice(0, -1), '6.9')
    expect(calls).toEqual([`/r dracut ${HOOK.join(' ')}`, `/r dracut ${KIWIS.slice(0, -1).join(' ')} 6.9`])
    expect(await left()).toEqual([])
  })

  it('for a kernel with its initrd in one file have the initrd made before', async () => {
    await write()
    await dracut()
    const calls = await chroot('/r', 'dracut', '--kver', VERSION, '--uefi', 'x.efi')
    expect(calls).toEqual([`/r dracut ${HOOK.join(' ')}`, `/r dracut --kver ${VERSION} --uefi x.efi`])
  })

  it('that only ask something make nothing', async () => {
    await write()
    await dracut()
    expect(await chroot('/r', 'dracut', '--list-modules', '--no-kernel')).toEqual([
      '/r dracut --list-modules --no-kernel',
    ])
    expect(await left()).toEqual([VERSION])
  })
})

describe('reports about packages', () => {
  const report = ['--root', '/r', '-V', '--verify-format', 'rpm']
  const changes = '/w/target/build/image-root//usr/share/doc/apt/changelog.Debian.gz'

  it.each([
    ['apt', 'dpkg', report, ['-e', 'a.deb', '/r']],
    ['apt', 'zcat', [changes], ['/usr/share/doc/apt/changelog.Debian.gz']],
    ['dnf5', 'rpm', ['--root', '/r', '-Va', '--dbpath', '/d'], ['--root', '/r', '-q', 'bash']],
    [
      'zypper',
      'rpm',
      ['--root', '/r', '-qa', '--qf', '%{NAME}|\\n', '--changelog', '--dbpath', '/d'],
      ['--eval', '%_dbpath'],
    ],
  ])('are not made with %s, and %s works for all else', async (packageManager, name, asked, other) => {
    await write({ packageManager })
    await program(join(folder, 'fake', name), 'echo real "$@"')
    const shims = join(folder, 'work/bin')
    const env = { PATH: `${shims}:${join(folder, 'fake')}:/usr/bin:/bin` }
    expect(String((await runCommand(join(shims, name), asked, { env })).stdout)).toBe('')
    expect(String((await runCommand(join(shims, name), other, { env })).stdout)).toBe(`real ${other.join(' ')}\n`)
  })

  it('are all that is left out where apt does not work', async () => {
    await write({ packageManager: 'dnf5' })
    expect(await readdir(join(folder, 'work/bin'))).toEqual(['rpm'])
    await expect(readdir(join(root, 'cache'))).rejects.toThrow('ENOENT')
  })
})
