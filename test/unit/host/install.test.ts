import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { distribution } from '../../../src/host/distribution.ts'
import { installCommand, missingToolsError, packagesFor, unknownPackages } from '../../../src/host/install.ts'
import { everywhere, onApt, program } from '../../../src/host/tool.ts'

const tools = [
  program('fdisk', 'KIWI partitions the disk with it', onApt('fdisk', { fedora: 'util-linux', suse: 'util-linux' })),
  program('sfdisk', 'KIWI sets types with it', onApt('fdisk', { fedora: 'util-linux', suse: 'util-linux' })),
  program('rsync', 'KIWI copies with it', everywhere('rsync')),
]

async function machine(name: string) {
  const found = distribution(await readFile(`test/fixtures/host/os-release/${name}`, 'utf8'))
  if (found === undefined) throw new Error(`${name} is unknown`)
  return found
}

it('each package is named once', async () => {
  expect(packagesFor(tools, await machine('debian-12')).packages).toEqual(['fdisk', 'rsync'])
  expect(packagesFor(tools, await machine('fedora-42')).packages).toEqual(['util-linux', 'rsync'])
})

it.each([
  [
    'debian-12',
    'env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -oDPkg::Lock::Timeout=300 install --yes --no-install-recommends a b',
  ],
  ['fedora-42', 'dnf install --assumeyes --setopt=install_weak_deps=False a b'],
  ['opensuse-tumbleweed', 'env ZYPP_LOCK_TIMEOUT=300 zypper --non-interactive install --no-recommends a b'],
])('%s installs without asking and without what is only recommended', async (name, wanted) => {
  const { program, args } = installCommand(['a', 'b'], await machine(name))
  expect([program, ...args].join(' ')).toBe(wanted)
})

it('one message names all missing tools, why they are needed, and the one line to copy', async () => {
  expect(missingToolsError(tools, await machine('ubuntu-24.04')).message).toBe(
    'this machine lacks fdisk (KIWI partitions the disk with it), sfdisk (KIWI sets types with it), ' +
      'rsync (KIWI copies with it): run `sudo apt-get install --no-install-recommends fdisk rsync` or set install-tools',
  )
})

it('a tool that no package is known for is told apart', async () => {
  const microdnf = program('microdnf', 'KIWI installs with it', { fedora: 'microdnf' })
  expect(missingToolsError([microdnf], await machine('debian-12')).message).toBe(
    'this machine lacks microdnf (KIWI installs with it): ' +
      'no package of debian is known to bring microdnf: install it in another way',
  )
})

it('on an unknown distribution the tools are named without a command', () => {
  expect(missingToolsError(tools.slice(2), undefined).message).toBe(
    'this machine lacks rsync (KIWI copies with it): ' +
      'this is no Debian, Ubuntu, Fedora or SUSE system whose packages we know: install rsync yourself',
  )
})

it('apt-cache tells which packages it has no candidate for', () => {
  const policy = [
    'rsync:',
    '  Installed: (none)',
    '  Candidate: 3.2.7-1',
    '  Version table:',
    '     3.2.7-1 500',
    'ubuntu-keyring:',
    '  Installed: (none)',
    '  Candidate: (none)',
    '',
  ].join('\n')
  expect(unknownPackages(['rsync', 'ubuntu-keyring', 'never-heard-of'], policy)).toEqual([
    'ubuntu-keyring',
    'never-heard-of',
  ])
})
