import { describe, expect, it } from 'vitest'
import { AA64, esp, type MachineDisk, X64 } from '../../support/machinedisk.ts'
import { said } from './said.ts'

const BIOS_BOOT = '21686148-6449-6E6F-744E-656564454649'
const PREP = '9E1A2D38-C612-4316-AA26-8B49521E5A8B'
const ROOT_ARM64 = 'B921B045-1DF0-41C3-AF44-4C6F280D3FAE'
const ROOT_X86_64 = '4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709'
const USR_S390X = '8A4F5770-50AA-4ED3-874A-99B710DB6FEA'
const LINUX = '0FC63DAF-8483-4772-8E79-3D69D8477DE4'

const wiped = (disk: MachineDisk, from: number, to: number) => disk.write(from, Buffer.alloc(to - from))

describe('a partition table', () => {
  it.each([
    [BIOS_BOOT, ['amd64', '386'], 'partition 2 is a BIOS boot partition'],
    [PREP, ['ppc64le', 'ppc64'], 'partition 2 is a PReP boot partition'],
    [ROOT_ARM64, ['arm64'], 'partition 2 is a root for arm64 by its type'],
    [USR_S390X, ['s390x'], 'partition 2 is a /usr for s390x by its type'],
  ])('with the type %s says its architecture', async (type, architectures, evidence) => {
    expect(await said({ partitions: [{ type: LINUX }, { type }] })).toEqual({ architectures, evidence })
  })

  it('of types that any machine has says nothing', async () => {
    expect(await said({ partitions: [{ type: LINUX }, { type: 'S' }] })).toBeUndefined()
    expect(await said({ label: 'dos', partitions: [{ type: '83' }, { type: '82' }] })).toBeUndefined()
  })

  it('with a BIOS boot partition and a loader for amd64 is of 64 bits', async () => {
    const partitions = [{ type: BIOS_BOOT }, esp({ 'EFI/BOOT/BOOTX64.EFI': X64 })]
    expect(await said({ partitions })).toEqual({
      architectures: ['amd64'],
      evidence: 'partition 2 has EFI/BOOT/BOOTX64.EFI',
    })
  })

  it('that contradicts the loader says nothing', async () => {
    const loader = esp({ 'EFI/BOOT/BOOTX64.EFI': X64 })
    expect(await said({ partitions: [loader, { type: ROOT_ARM64 }] })).toBeUndefined()
    expect(await said({ partitions: [{ type: ROOT_X86_64 }, { type: ROOT_ARM64 }] })).toBeUndefined()
  })

  it.each([
    ['header', 512, 1024],
    ['table', 1024, 1280],
  ])('whose first %s is broken is read from the backup', async (_, from, to) => {
    const spec = { partitions: [{ type: LINUX }, { type: ROOT_ARM64 }] }
    expect(await said(spec, (disk) => wiped(disk, from, to))).toMatchObject({ architectures: ['arm64'] })
  })

  it('whose first header says something else than its checksum is read from the backup', async () => {
    // No entries, and their checksum.
    const found = await said({ partitions: [{ type: ROOT_ARM64 }] }, async (disk) => {
      await wiped(disk, 512 + 80, 512 + 84)
      await wiped(disk, 512 + 88, 512 + 92)
    })
    expect(found).toMatchObject({ architectures: ['arm64'] })
  })

  it('of sectors of 4096 bytes whose first header is broken is read from the backup', async () => {
    const spec = { sectorBytes: 4096, partitions: [{ type: ROOT_ARM64 }] } as const
    expect(await said(spec, (disk) => wiped(disk, 4096, 8192))).toMatchObject({ architectures: ['arm64'] })
  })

  it('that is broken at both ends says nothing', async () => {
    const found = await said({ partitions: [{ type: ROOT_ARM64 }] }, async (disk) => {
      await wiped(disk, 512, 1024)
      await wiped(disk, disk.sizeBytes - 512, disk.sizeBytes)
    })
    expect(found).toBeUndefined()
  })

  it('without the record that protects it is read', async () => {
    const found = await said({ partitions: [{ type: ROOT_ARM64 }] }, (disk) => wiped(disk, 0, 512))
    expect(found).toMatchObject({ architectures: ['arm64'] })
  })

  it('that a newer master boot record replaced is not read', async () => {
    const found = await said({ partitions: [{ type: ROOT_ARM64 }] }, (disk) =>
      disk.write(446, Buffer.from('00000000830000000008000000080000', 'hex')),
    )
    expect(found).toBeUndefined()
  })

  it('with a hybrid record is read, and the record where it is broken', async () => {
    const spec = { partitions: [esp({ 'EFI/BOOT/BOOTAA64.EFI': AA64 }), { type: ROOT_ARM64 }] }
    const hybrid = (disk: MachineDisk) => disk.write(446 + 16, Buffer.from('000000000c0000000008000000100000', 'hex'))
    expect(await said(spec, hybrid)).toMatchObject({ evidence: 'partition 1 has EFI/BOOT/BOOTAA64.EFI' })
    const broken = await said(spec, async (disk) => {
      await hybrid(disk)
      await wiped(disk, 512, 1024)
      await wiped(disk, disk.sizeBytes - 512, disk.sizeBytes)
    })
    expect(broken).toEqual({ architectures: ['arm64'], evidence: 'partition 2 has EFI/BOOT/BOOTAA64.EFI' })
  })
})

describe('many EFI system partitions', () => {
  const none = { type: 'U' }
  const loader = esp({ 'EFI/BOOT/BOOTAA64.EFI': AA64 })

  it('are looked into as far as the eighth, and no more', async () => {
    const seven = Array.from({ length: 7 }, () => none)
    expect(await said({ partitions: [...seven, loader] })).toMatchObject({ architectures: ['arm64'] })
    expect(await said({ partitions: [...seven, none, loader] })).toBeUndefined()
  })
})

describe('a master boot record', () => {
  it.each([
    ['ef', 512],
    ['0c', 512],
    ['ef', 4096],
  ] as const)('has its loader in a partition of the type %s, with sectors of %d bytes', async (type, sectorBytes) => {
    const loader = esp({ 'EFI/BOOT/BOOTAA64.EFI': AA64 }, { type, mebibytes: 8 })
    expect(await said({ label: 'dos', sectorBytes, partitions: [{ type: '83' }, loader] })).toEqual({
      architectures: ['arm64'],
      evidence: 'partition 2 has EFI/BOOT/BOOTAA64.EFI',
    })
  })

  it('with a PReP boot partition is for POWER', async () => {
    const found = await said({ label: 'dos', partitions: [{ type: '41' }, { type: '83' }] })
    expect(found).toMatchObject({ architectures: ['ppc64le', 'ppc64'] })
  })

  it('is none where something else than a table stands in its place', async () => {
    const text = (disk: MachineDisk) => disk.write(446, Buffer.from('N'))
    expect(await said({ label: 'dos', partitions: [{ type: '41' }] }, text)).toBeUndefined()
  })
})
