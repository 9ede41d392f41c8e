import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import {
  missingFilesystems,
  missingFilesystemsError,
  mountedFilesystems,
} from '../../../src/host/kernel-filesystems.ts'
import { coded } from '../../support/coded.ts'

let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'kiwi-oci-kernel-'))
  await mkdir(join(root, 'proc'))
  await writeFile(join(root, 'proc/filesystems'), 'nodev\tproc\n\text4\n')
  await writeFile(join(root, 'proc/modules'), '')
})
afterEach(() => rm(root, { recursive: true }))

it('a filesystem that is neither there nor a module is named', async () => {
  const modules = join(root, 'lib/modules', release())
  await mkdir(modules, { recursive: true })
  await writeFile(join(modules, 'modules.dep'), 'kernel/fs/xfs/xfs.ko.zst: kernel/lib/libcrc32c.ko.zst\n')
  await writeFile(join(modules, 'modules.builtin'), 'kernel/fs/fat/vfat.ko\n')
  expect(await missingFilesystems(['ext3', 'xfs', 'fat32', 'btrfs', 'erofs'], root)).toEqual(['btrfs', 'erofs'])
})

it('what the kernel lacks is told with the way to get it', () => {
  expect(missingFilesystemsError(['btrfs', 'erofs'])).toEqual(coded('host-kernel', /has no btrfs, erofs.*install the/))
})

it('nothing is said where the modules of the machine cannot be seen', async () => {
  expect(await missingFilesystems(['btrfs'], root)).toEqual([])
})

it('a kernel that loads no modules has what it has', async () => {
  await rm(join(root, 'proc/modules'))
  expect(await missingFilesystems(['ext4', 'fat16'], root)).toEqual(['fat16'])
})

it('EFI mounts a FAT, and read-only filesystems are not mounted', () => {
  const facts = {
    architecture: 'x86_64',
    packageManager: 'apt',
    kiwiVersion: '11.1.6',
    filesystems: ['ext4', 'squashfs'],
  }
  expect(mountedFilesystems(facts)).toEqual(['ext4'])
  expect(mountedFilesystems({ ...facts, firmware: 'uefi' })).toEqual(['ext4', 'fat16'])
})
