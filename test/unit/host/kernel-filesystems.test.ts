import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { release, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { missingFilesystems } from '../../../src/host/kernel-filesystems.ts'

let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'kiwi-oci-kernel-'))
  await mkdir(join(root, 'proc'))
  await writeFile(join(root, 'proc/filesystems'), 'nodev\tproc\n\text4\n')
})
afterEach(() => rm(root, { recursive: true }))

it('a filesystem that is neither there nor a module is named', async () => {
  const modules = join(root, 'lib/modules', release())
  await mkdir(modules, { recursive: true })
  await writeFile(join(modules, 'modules.dep'), 'kernel/fs/xfs/xfs.ko.zst: kernel/lib/libcrc32c.ko.zst\n')
  await writeFile(join(modules, 'modules.builtin'), 'kernel/fs/fat/vfat.ko\n')
  expect(await missingFilesystems(['ext3', 'xfs', 'fat32', 'swap', 'btrfs', 'erofs'], root)).toEqual(['btrfs', 'erofs'])
})

it('nothing is said where the modules of the machine cannot be seen', async () => {
  expect(await missingFilesystems(['btrfs'], root)).toEqual([])
})
