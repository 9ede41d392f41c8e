import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { AA64, machineDisk } from '../../support/machinedisk.ts'
import { place, refusals } from '../support/cli.ts'

it('a platform for which the disk is not is refused with what the disk says, before any registry is asked', async () => {
  await using here = await place()
  await using disk = await machineDisk({
    partitions: [{ type: 'U', fat: 12, files: { 'EFI/BOOT/BOOTAA64.EFI': AA64 } }],
  })
  const path = join(here.folder, 'a.raw')
  await copyFile(disk.file, path)
  const args = ['--disk', 'a.raw', '--platform', 'linux/amd64', '--base-image', '127.0.0.1:9/none:1']
  expect(await refusals(here, args)).toEqual([
    `--platform: the image is for linux/amd64, but ${path} is for arm64 (partition 1 has EFI/BOOT/BOOTAA64.EFI): set platform to linux/arm64, or give a disk for linux/amd64`,
  ])
})
