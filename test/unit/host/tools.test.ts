import { expect, it } from 'vitest'
import type { BaseFacts, DescriptionFacts } from '../../../src/host/facts.ts'
import { isOlder } from '../../../src/host/kiwi-version.ts'
import { publicMirrors } from '../../../src/host/mirrors.ts'
import { toolNeeds } from '../../../src/host/tools.ts'

const small: DescriptionFacts = {
  architecture: 'x86_64',
  packageManager: 'apt',
  kiwiVersion: '11.1.6',
  filesystems: ['ext4'],
  firmware: 'bios',
}
const names = (facts: Partial<DescriptionFacts & BaseFacts>) =>
  toolNeeds({ source: 'description', ...small, ...facts }).map((tool) => tool.name)

it('wrapping a disk needs skopeo and qemu-img only', () => {
  expect(toolNeeds({ source: 'disk' }).map((tool) => tool.name)).toEqual(['skopeo', 'qemu-img'])
})

it('what is in a registry already needs skopeo only', () => {
  expect(toolNeeds({ source: 'registry' }).map((tool) => tool.name)).toEqual(['skopeo'])
})

it.each(['xz', 'bzip2'])('a base packed by %s needs it, with a disk or a description', (packing) => {
  expect(toolNeeds({ source: 'disk', basePacking: packing }).map((tool) => tool.name)).toContain(packing)
  expect(names({ basePacking: packing })).toContain(packing)
})

it('a base that Node unpacks needs nothing', () => {
  const needs = toolNeeds({ source: 'disk', basePacking: 'gzip' }).map((tool) => tool.name)
  expect(needs).toEqual(['skopeo', 'qemu-img'])
})

it('a small Debian with BIOS and ext4 needs no more than this', () => {
  expect(names({})).toEqual([
    ...['skopeo', 'qemu-img', 'python3', 'python3-venv'],
    ...[
      'mount',
      'umount',
      'mountpoint',
      'losetup',
      'unshare',
      'setpriv',
      'setsid',
      'flock',
      'partx',
      'lsblk',
      'blkid',
      'blockdev',
      'chroot',
      'bash',
      'tar',
      'find',
      'rsync',
    ],
    ...['apt-get', 'zcat', 'dpkg-deb', 'sgdisk', 'fdisk', 'sfdisk', 'mkfs.ext4'],
  ])
})

it('an older KIWI wants what newer ones do without', () => {
  expect(names({ kiwiVersion: '9.24.61' })).toEqual(expect.arrayContaining(['debootstrap', 'gpg', 'parted']))
  expect(names({ kiwiVersion: '10.0.28' })).toEqual(expect.arrayContaining(['gpg', 'parted']))
  expect(names({ kiwiVersion: '10.0.28' })).not.toContain('debootstrap')
  expect(names({ kiwiVersion: '10.3.5' })).not.toContain('parted')
})

it('the KIWI of the machine is a tool and needs no Python environment', () => {
  const system = names({ kiwiVersion: 'system' })
  expect(system).toContain('kiwi-ng')
  expect(system).not.toContain('python3-venv')
})

it('EFI brings a FAT partition and a GPT instead of an msdos table', () => {
  const efi = names({ firmware: 'efi' })
  expect(efi).toEqual(expect.arrayContaining(['mkdosfs', 'strings', 'sgdisk']))
  expect(efi).not.toContain('sfdisk')
  expect(names({ firmware: 'uefi', efiPartitionTable: 'msdos' })).toContain('sfdisk')
  expect(names({ firmware: 'efi', bootloader: 'systemd_boot' })).not.toContain('strings')
})

it('the default firmware of an architecture counts', () => {
  const { firmware: _, ...rest } = small
  const needs = toolNeeds({ source: 'description', ...rest, architecture: 'aarch64' }).map((tool) => tool.name)
  expect(needs).toContain('mkdosfs')
})

it.each([
  ['the filesystem xfs', { filesystems: ['xfs'] }, 'mkfs.xfs'],
  ['the filesystem btrfs', { filesystems: ['btrfs'] }, 'mkfs.btrfs'],
  ['the filesystem of a second partition', { filesystems: ['ext4', 'btrfs'] }, 'mkfs.btrfs'],
  ['an overlay root', { overlayroot: true }, 'mksquashfs'],
  ['an overlay root of erofs', { overlayroot: true, overlayrootType: 'erofs' }, 'mkfs.erofs'],
  ['encryption', { luks: true }, 'cryptsetup'],
  ['volumes', { lvm: true }, 'lvcreate'],
  ['RAID', { mdraid: true }, 'mdadm'],
  ['verity', { verity: true }, 'veritysetup'],
  ['integrity', { integrity: true }, 'integritysetup'],
  ['zypper', { packageManager: 'zypper' }, 'zypper'],
  ['dnf 4', { packageManager: 'dnf4' }, 'dnf4 or dnf-3'],
  ['dnf 5', { packageManager: 'dnf5' }, 'dnf5'],
  ['pacman', { packageManager: 'pacman' }, 'pacman'],
  ['plain passwords', { plainPasswords: true }, 'openssl'],
  ['a patch of fstab', { fstabPatch: true }, 'patch'],
  ['s390', { architecture: 's390x' }, 'kpartx'],
])('%s needs its own tool', (_, facts, tool) => {
  expect(names({})).not.toContain(tool)
  expect(names(facts)).toContain(tool)
})

it('a package manager of rpm needs rpm and no apt', () => {
  const needs = names({ packageManager: 'dnf5' })
  expect(needs).toEqual(expect.arrayContaining(['rpm', 'rpmdb']))
  expect(needs).not.toContain('apt-get')
})

it('the keyring of a foreign distribution is a tool too', () => {
  const keyrings = publicMirrors.map((family) => family.keyring)
  const needs = toolNeeds({ source: 'description', ...small, keyrings })
  expect(needs.filter((tool) => tool.look.kind === 'file').map((tool) => tool.packages.ubuntu)).toEqual([
    'debian-archive-keyring',
    'ubuntu-keyring',
  ])
})

it('versions are compared by number', () => {
  expect(isOlder('9.24.61', '10.0.28')).toBe(true)
  expect(isOlder('10.0.28', '10.0.28')).toBe(false)
  expect(isOlder('10.10.1', '10.9.1')).toBe(false)
  expect(isOlder('11.1.6', '11.0.0')).toBe(false)
})
