import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runCommand } from '../../../src/command.ts'
import { architectureOf, diskArchitecture } from '../../../src/disk/architecture.ts'
import { inspectDisk } from '../../../src/disk/inspect.ts'
import { machinePlatform } from '../../../src/oci/platform.ts'
import { AA64, efiProgram, esp, machineDisk, memoryDisk, realLoader, X64 } from '../../support/machinedisk.ts'
import { said } from './said.ts'

const MEBIBYTE = 1 << 20
const ROOT_ARM64 = 'B921B045-1DF0-41C3-AF44-4C6F280D3FAE'
const LINUX = '0FC63DAF-8483-4772-8E79-3D69D8477DE4'

describe('a loader in an EFI system partition', () => {
  it.each([
    [12, 512, 2, undefined],
    [16, 512, 16, 1],
    [32, 512, 40, 1],
    [12, 4096, 8, undefined],
    [16, 4096, 128, undefined],
    [32, 4096, 280, 1],
  ] as const)('of this machine is found in FAT%d with sectors of %d bytes', async (fat, sectorBytes, size, cluster) => {
    const files = await realLoader()
    const sized = { fat, mebibytes: size, ...(cluster === undefined ? {} : { clusterSectors: cluster }) }
    const [path] = Object.keys(files)
    expect(await said({ sectorBytes, partitions: [esp(files, sized)] })).toEqual({
      architectures: [machinePlatform(process.arch).architecture],
      evidence: `partition 1 has ${path}`,
    })
  })

  it.each([
    ['BOOTX64.EFI', 0x8664, ['amd64']],
    ['BOOTAA64.EFI', 0xaa64, ['arm64']],
    ['BOOTARM.EFI', 0x01c2, ['arm']],
    ['BOOTIA32.EFI', 0x014c, ['386', 'amd64']],
    ['BOOTRISCV64.EFI', 0x5064, ['riscv64']],
    ['BOOTLOONGARCH64.EFI', 0x6264, ['loong64']],
  ])('that is called %s says its architecture', async (name, machine, architectures) => {
    const files = { [`EFI/BOOT/${name}`]: efiProgram(machine) }
    expect(await said({ partitions: [esp(files)] })).toMatchObject({ architectures })
  })

  it('is found whatever letters its path is written in, among many files', async () => {
    const others = Array.from({ length: 200 }, (_, index) => [`efi/Boot/a file with a long name ${index}`, X64])
    const files = { ...Object.fromEntries(others), 'efi/Boot/BootAa64.efi': AA64 }
    expect(await said({ partitions: [esp(files)] })).toMatchObject({ architectures: ['arm64'] })
  })

  it('is found behind many others in a FAT32 whose reserved bits are set', async () => {
    const others = Array.from({ length: 50 }, (_, index) => [`${index}`, X64])
    const files = { ...Object.fromEntries(others), 'EFI/BOOT/BOOTAA64.EFI': AA64 }
    const sized = { fat: 32, mebibytes: 36, clusterSectors: 1 } as const
    const found = await said({ partitions: [esp(files, sized)] }, async (disk) => {
      const place = disk.partitionAt + 512 * (await disk.read(disk.partitionAt + 14, 2)).readUInt16LE(0)
      const table = await disk.read(place, 4096)
      for (let at = 8; at < table.length; at += 4) table[at + 3] = (table[at + 3] ?? 0) | 0xf0
      await disk.write(place, table)
    })
    expect(found).toMatchObject({ architectures: ['arm64'] })
  })

  it('is found in the second of two such partitions', async () => {
    const partitions = [esp({ 'EFI/debian/grubx64.efi': X64 }), esp({ 'EFI/BOOT/BOOTAA64.EFI': AA64 })]
    expect(await said({ partitions })).toEqual({
      architectures: ['arm64'],
      evidence: 'partition 2 has EFI/BOOT/BOOTAA64.EFI',
    })
  })

  it('that is a program for another machine than its name says counts for nothing', async () => {
    expect(await said({ partitions: [esp({ 'EFI/BOOT/BOOTX64.EFI': AA64 })] })).toBeUndefined()
  })

  it('that is no program counts for nothing', async () => {
    const files = { 'EFI/BOOT/BOOTX64.EFI': Buffer.from('MZ'), 'EFI/BOOT/BOOTAA64.EFI': Buffer.alloc(0) }
    expect(await said({ partitions: [esp(files)] })).toBeUndefined()
  })

  it('that was deleted counts for nothing', async () => {
    const files = { 'EFI/BOOT/BOOTX64.EFI': X64, 'EFI/BOOT/BOOTAA64.EFI': AA64 }
    const found = await said({ partitions: [esp(files)] }, async (disk) => {
      await runCommand('mdel', ['-i', `${disk.file}@@1M`, '::/EFI/BOOT/BOOTAA64.EFI'])
    })
    expect(found).toMatchObject({ architectures: ['amd64'] })
  })

  it('beside one for another architecture says nothing, in the same partition or another', async () => {
    const [one, two] = [{ 'EFI/BOOT/BOOTX64.EFI': X64 }, { 'EFI/BOOT/BOOTAA64.EFI': AA64 }]
    expect(await said({ partitions: [esp({ ...one, ...two })] })).toBeUndefined()
    expect(await said({ partitions: [esp(one), esp(two)] })).toBeUndefined()
  })

  it('of 64 bits beside one of 32 is for a PC, of either width', async () => {
    const files = { 'EFI/BOOT/BOOTX64.EFI': X64, 'EFI/BOOT/BOOTIA32.EFI': efiProgram(0x14c) }
    expect(await said({ partitions: [esp(files)] })).toMatchObject({ architectures: ['amd64', '386'] })
  })
})

describe('a disk', () => {
  it.each([
    ['qcow2', 'qcow2', { compressed: true }],
    ['vmdk', 'vmdk', { options: { qemu: ['subformat=streamOptimized'] } }],
    ['vdi', 'vdi', {}],
    ['vhd', 'vpc', {}],
    ['vhdx', 'vhdx', {}],
  ] as const)('in the format %s says the same, and nothing of it stays', async (to, driver, changes) => {
    await using disk = await machineDisk({ partitions: [esp({ 'EFI/BOOT/BOOTAA64.EFI': AA64 }), { type: LINUX }] })
    const { file } = await disk.convert(to, changes)
    const folder = join(disk.folder, 'own')
    await mkdir(folder)
    const info = await inspectDisk(file)
    expect(info.format).toBe(driver)
    expect(await diskArchitecture({ ...info, file }, folder)).toEqual({
      architectures: ['arm64'],
      evidence: 'partition 1 has EFI/BOOT/BOOTAA64.EFI',
    })
    expect(await readdir(folder)).toEqual([])
  })

  it('that is no disk of its format says nothing', async () => {
    await using disk = await machineDisk({ partitions: [{ type: ROOT_ARM64 }] })
    const damaged = { file: disk.file, format: 'qcow2', virtualSizeBytes: disk.sizeBytes }
    expect(await diskArchitecture(damaged, disk.folder)).toBeUndefined()
  })

  it('that is canceled is an error, and nothing of it stays', async () => {
    await using disk = await machineDisk({ partitions: [{ type: ROOT_ARM64 }] })
    const { file } = await disk.convert('qcow2')
    const before = await readdir(disk.folder)
    const given = { ...(await inspectDisk(file)), file }
    await expect(diskArchitecture(given, disk.folder, AbortSignal.abort())).rejects.toThrow('canceled')
    expect(await readdir(disk.folder)).toEqual(before)
  })

  it('that is large is read in a few places', async () => {
    const sized = { fat: 32, mebibytes: 64, clusterSectors: 1 } as const
    const files = { 'A/large': Buffer.alloc(36 * MEBIBYTE, 1), 'EFI/BOOT/BOOTAA64.EFI': AA64 }
    await using disk = await machineDisk({ partitions: [esp(files, sized), { type: LINUX }] })

    const memory = memoryDisk(await readFile(disk.file))
    expect(await architectureOf(memory)).toMatchObject({ architectures: ['arm64'] })
    expect(memory.reads()).toBeLessThan(10)
  })

  it('without a partition table says nothing', async () => {
    expect(await architectureOf(memoryDisk(Buffer.alloc(MEBIBYTE)))).toBeUndefined()
    expect(await architectureOf(memoryDisk(Buffer.alloc(0)))).toBeUndefined()
  })
})
