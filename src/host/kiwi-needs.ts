import { type DescriptionFacts, isEfi } from './facts.ts'
import { isOlder } from './kiwi-version.ts'
import { everywhere, onApt, type Packages, program, type Tool } from './tool.ts'

/** A tool and the descriptions it is needed for. */
export interface Need {
  readonly tool: Tool
  readonly when: (facts: DescriptionFacts) => boolean
}

const always = () => true
const fromPypi = (facts: DescriptionFacts) => facts.kiwiVersion !== 'system'
const msdosTable = (facts: DescriptionFacts) =>
  isEfi(facts) ? facts.efiPartitionTable === 'msdos' : !facts.architecture.startsWith('ppc64')
const kpartx = (facts: DescriptionFacts) => facts.architecture.startsWith('s390')
const apt = (facts: DescriptionFacts) => facts.packageManager === 'apt'
const rpm = (facts: DescriptionFacts) => !['apt', 'pacman', 'apk'].includes(facts.packageManager)
const manager = (name: string) => (facts: DescriptionFacts) => facts.packageManager === name
const filesystem = (pattern: RegExp) => (facts: DescriptionFacts) =>
  facts.filesystems.some((name) => pattern.test(name))
const squashfs = (facts: DescriptionFacts) =>
  filesystem(/^squashfs$/)(facts) ||
  (facts.overlayroot === true && (facts.overlayrootType ?? 'squashfs') === 'squashfs')
const erofs = (facts: DescriptionFacts) =>
  filesystem(/^erofs$/)(facts) || (facts.overlayroot === true && facts.overlayrootType === 'erofs')

const utilLinux = everywhere('util-linux')
const mounting = onApt('mount', { fedora: 'util-linux', suse: 'util-linux' })
const fdisk = onApt('fdisk', { fedora: 'util-linux', suse: 'util-linux' })
const cryptsetup = onApt('cryptsetup-bin', { fedora: 'cryptsetup', suse: 'cryptsetup' })

/**
 * What KIWI calls on the machine that it builds on, read from the sources of 11.1.6 and, where older ones differ, of
 * 9.24.61. What it calls in the root tree of the image (dracut, all of grub, systemd-boot, useradd and so on) has to
 * be among the packages of the description and is no need of the machine. Package names: KIWI's own
 * package/python-kiwi-spec-template, and mkosi's mkosi-tools for those of foreign package managers.
 */
export const kiwiNeeds: readonly Need[] = [
  // KIWI itself.
  need('python3', 'KIWI is written in Python', everywhere('python3'), fromPypi),
  {
    tool: {
      name: 'python3-venv',
      reason: 'KIWI is installed into its own Python environment',
      look: { kind: 'python-venv' },
      packages: onApt('python3-venv', { fedora: 'python3', suse: 'python3' }),
    },
    when: fromPypi,
  },
  need(
    'kiwi-ng',
    'kiwi-version says that this machine has KIWI',
    onApt('kiwi', { fedora: 'kiwi-cli', suse: 'python3-kiwi' }),
    (facts) => !fromPypi(facts),
  ),

  // What is there on every machine but the smallest containers: mount_manager.py, storage/, utils/block.py.
  need('mount', 'KIWI mounts the filesystems of the disk with it', mounting, always),
  need('umount', 'KIWI unmounts them with it', mounting, always),
  need('mountpoint', 'KIWI looks for mounts with it', utilLinux, always),
  need('losetup', 'KIWI attaches the disk with it', mounting, always),
  need('unshare', 'the build runs in its own mount namespace', utilLinux, always),
  need('setpriv', 'the build ends with the job by it', utilLinux, always),
  need('setsid', 'the build is a group of processes by it', utilLinux, always),
  need('flock', 'builds at one time agree with it on the folder of packages', utilLinux, always),
  need('partx', 'KIWI makes the partitions visible with it', utilLinux, (facts) => !kpartx(facts)),
  need('lsblk', 'KIWI looks at the disk with it', everywhere('util-linux', { suse: 'util-linux-systemd' }), always),
  need('blkid', 'KIWI reads the UUIDs of filesystems with it', utilLinux, always),
  need('blockdev', 'KIWI reads the size of partitions with it', utilLinux, always),
  need('chroot', 'KIWI works in the root tree with it', everywhere('coreutils'), always),
  need('bash', 'KIWI starts scripts with it', everywhere('bash'), always),
  need('tar', 'KIWI unpacks the base system with it', everywhere('tar'), always),
  need('find', 'KIWI measures the root tree with it', everywhere('findutils'), always),
  need('rsync', 'KIWI copies the root tree into the disk with it', everywhere('rsync'), always),

  // Package managers: they fill the empty root tree from outside. package_manager/, repository/.
  need('apt-get', 'KIWI installs the base system with it', onApt('apt', { fedora: 'apt' }), apt),
  need('zcat', 'KIWI reads the changelogs of packages with it', everywhere('gzip'), apt),
  need('dpkg-deb', 'KIWI unpacks the base system with it', onApt('dpkg', { fedora: 'dpkg' }), apt),
  // d149ab09 of KIWI, in 10.0.28: "Get rid of debootstrap".
  need(
    'debootstrap',
    'this version of KIWI makes the base system with it',
    everywhere('debootstrap'),
    (facts) => apt(facts) && isOlder(facts.kiwiVersion, '10.0.28'),
  ),
  need(
    'gpg',
    'this version of KIWI reads the keys of repositories with it',
    onApt('gpg', { fedora: 'gnupg2', suse: 'gpg2' }),
    (facts) => apt(facts) && isOlder(facts.kiwiVersion, '11.0.0'),
  ),
  need('rpm', 'KIWI sets up the package database with it', everywhere('rpm'), rpm),
  need('rpmdb', 'KIWI sets up the package database with it', everywhere('rpm'), rpm),
  need('zypper', 'KIWI installs the base system with it', everywhere('zypper'), manager('zypper')),
  need(
    ['dnf4', 'dnf-3'],
    'KIWI installs the base system with it',
    everywhere('dnf', { fedora: 'python3-dnf' }),
    (facts) => ['dnf', 'dnf4'].includes(facts.packageManager),
  ),
  need('dnf5', 'KIWI installs the base system with it', everywhere('dnf5'), manager('dnf5')),
  need('microdnf', 'KIWI installs the base system with it', { fedora: 'microdnf' }, manager('microdnf')),
  need(
    'pacman',
    'KIWI installs the base system with it',
    onApt('pacman-package-manager', { fedora: 'pacman' }),
    manager('pacman'),
  ),
  need('apk', 'KIWI installs the base system with it', { fedora: 'apk-tools' }, manager('apk')),

  // The disk. storage/disk.py wipes every table with sgdisk, partitioner/msdos.py then takes fdisk and sfdisk.
  need('sgdisk', 'KIWI partitions the disk with it', everywhere('gdisk', { suse: 'gptfdisk' }), always),
  need('fdisk', 'KIWI partitions the disk with it', fdisk, msdosTable),
  need('sfdisk', 'KIWI sets the types of partitions with it', fdisk, msdosTable),
  // 6fa80933 of KIWI, in 10.3.5: "Drop parted requirement for msdos partitioner".
  need(
    'parted',
    'this version of KIWI marks the boot partition with it',
    everywhere('parted'),
    (facts) => msdosTable(facts) && isOlder(facts.kiwiVersion, '10.3.5'),
  ),
  need('kpartx', 'KIWI makes the partitions visible with it', everywhere('kpartx'), kpartx),
  need(
    'dmsetup',
    'KIWI removes the partition maps with it',
    onApt('dmsetup', { fedora: 'device-mapper', suse: 'device-mapper' }),
    kpartx,
  ),

  // Filesystems. filesystem/*.py
  need('mkfs.ext4', 'KIWI makes the filesystem with it', everywhere('e2fsprogs'), filesystem(/^ext[234]$/)),
  need('mkfs.xfs', 'KIWI makes the filesystem with it', everywhere('xfsprogs'), filesystem(/^xfs$/)),
  need(
    'mkfs.btrfs',
    'KIWI makes the filesystem with it',
    everywhere('btrfs-progs', { suse: 'btrfsprogs' }),
    filesystem(/^btrfs$/),
  ),
  need(
    'mksquashfs',
    'KIWI makes the read-only filesystem with it',
    everywhere('squashfs-tools', { suse: 'squashfs' }),
    squashfs,
  ),
  need('mkfs.erofs', 'KIWI makes the read-only filesystem with it', everywhere('erofs-utils'), erofs),
  need(
    'mkdosfs',
    'KIWI makes the EFI partition with it',
    everywhere('dosfstools'),
    (facts) => isEfi(facts) || filesystem(/^(fat|vfat)/)(facts),
  ),
  need('mkswap', 'KIWI makes the swap partition with it', utilLinux, filesystem(/^swap$/)),

  // What lies between the disk and its filesystems. storage/, volume_manager/lvm.py, utils/veritysetup.py
  need('cryptsetup', 'KIWI encrypts the disk with it', cryptsetup, (facts) => facts.luks === true),
  need('lvcreate', 'KIWI makes the volumes with it', everywhere('lvm2'), (facts) => facts.lvm === true),
  need('mdadm', 'KIWI makes the RAID with it', everywhere('mdadm'), (facts) => facts.mdraid === true),
  need(
    'veritysetup',
    'KIWI makes the verity hashes with it',
    { ...cryptsetup, fedora: 'veritysetup' },
    (facts) => facts.verity === true,
  ),
  need(
    'integritysetup',
    'KIWI makes the integrity data with it',
    { ...cryptsetup, fedora: 'integritysetup' },
    (facts) => facts.integrity === true,
  ),

  // What only some descriptions ask for.
  need(
    'strings',
    'KIWI looks for the EFI folder in grub with it',
    everywhere('binutils'),
    (facts) => isEfi(facts) && (facts.bootloader ?? 'grub2').startsWith('grub2'),
  ),
  need(
    'openssl',
    'KIWI hashes the passwords of users with it',
    everywhere('openssl'),
    (facts) => facts.plainPasswords === true,
  ),
  need('patch', 'KIWI applies fstab.patch with it', everywhere('patch'), (facts) => facts.fstabPatch === true),
]

function need(name: string | readonly string[], reason: string, brought: Packages, when: Need['when']): Need {
  return { tool: program(name, reason, brought), when }
}
