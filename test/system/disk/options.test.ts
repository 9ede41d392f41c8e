import { readdir, readFile, stat } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { runCommand } from '../../../src/command.ts'
import { refusedOptions } from '../../../src/disk/convert.ts'
import type { DiskFormat } from '../../../src/disk/format.ts'
import { fileDigest } from '../../../src/oci/digest.ts'
import { diskFolder, isSameDisk, noise } from '../../support/rawdisk.ts'

const MEBIBYTE = 1 << 20
const SECTOR = 512

const text = (length: number) => Buffer.alloc(length, 'compressible ')

it('a disk whose content ends in the middle of a grain can be a stream-optimised vmdk', async () => {
  await using folder = await diskFolder(MEBIBYTE + SECTOR, [{ at: MEBIBYTE, bytes: noise(SECTOR, 9) }])
  const { file } = await folder.convert('vmdk', { options: { qemu: ['subformat=streamOptimized'] } })
  expect(await isSameDisk(folder.disk, 'vmdk', file)).toBe(true)
})

describe('options of the description', () => {
  it('change the disk', async () => {
    await using folder = await diskFolder(MEBIBYTE, [])
    const { file } = await folder.convert('qcow2', { options: { qemu: ['cluster_size=131072', 'compat=0.10'] } })
    const info = await runCommand('qemu-img', ['info', '--output=json', file])
    expect(JSON.parse(info.stdout.toString())).toMatchObject({
      'cluster-size': 131_072,
      'format-specific': { data: { compat: '0.10' } },
    })
  })

  it.each(['pvscsi', 'lsisas1068', 'lsilogic'])('with the adapter %s make an lsilogic vmdk', async (adapter) => {
    await using folder = await diskFolder(MEBIBYTE, [])
    const { file } = await folder.convert('vmdk', { options: { qemu: [`adapter_type=${adapter}`] } })
    expect((await readFile(file)).toString('latin1', 512, 2048)).toContain('ddb.adapterType = "lsilogic"')
  })

  it('make a stream-optimised vmdk, which has the same ids each time', async () => {
    await using folder = await diskFolder(3 * MEBIBYTE, [{ at: 0, bytes: text(MEBIBYTE) }])
    const options = { qemu: ['subformat=streamOptimized'] }
    const first = await fileDigest((await folder.convert('vmdk', { options })).file)
    expect(await fileDigest((await folder.convert('vmdk', { options })).file)).toEqual(first)
    expect(first.sizeBytes).toBeLessThan(MEBIBYTE)
  })

  it('do not make another format of a fixed VHD or a dynamic VHDX', async () => {
    await using folder = await diskFolder(64 * MEBIBYTE, [])
    const vhd = await folder.convert('vhd-fixed', { options: { qemu: ['subformat=dynamic'] } })
    expect((await stat(vhd.file)).size).toBe(64 * MEBIBYTE + 512)
    const vhdx = await folder.convert('vhdx', { options: { qemu: ['subformat=fixed'] } })
    expect((await stat(vhdx.file)).size).toBeLessThan(32 * MEBIBYTE)
  })
})

describe('the installed qemu-img', () => {
  it('has nothing against options that it knows, and says what it has against others', async () => {
    await using folder = await diskFolder(SECTOR, [])
    const asked = (format: DiskFormat, ...qemu: string[]) => refusedOptions(format, { qemu }, folder.path)
    expect(await asked('vmdk', 'subformat=streamOptimized', 'adapter_type=pvscsi')).toBeUndefined()
    expect(await asked('vhd-fixed', 'force_size')).toBeUndefined()
    expect(await asked('gce', 'anything')).toBeUndefined()
    expect(await asked('vmdk', 'adapter_type=floppy')).toContain('floppy')
    expect(await asked('vdi', 'cluster_size=65536')).toContain("Invalid parameter 'cluster_size'")
    expect(await readdir(folder.path)).toEqual(['source.raw'])
  })
})

describe('the tag of a fixed VHD', () => {
  const tag = '12345678-9abc-def0-1234-56789abcdef0'
  const options = { qemu: [], vhdFixedTag: tag }
  const packed = '78563412bc9af0de123456789abcdef0'

  it('stands at 64 KiB as KIWI writes it, its first parts with the lowest byte first', async () => {
    await using folder = await diskFolder(MEBIBYTE, [{ at: 0, bytes: text(1000) }])
    const { file } = await folder.convert('vhd-fixed', { options })
    const bytes = await readFile(file)
    expect(bytes.toString('hex', 65_536, 65_552)).toBe(packed)
    expect(bytes.subarray(65_552, 66_048).every((byte) => byte === 0)).toBe(true)
    expect(bytes.subarray(0, 65_536).equals((await readFile(folder.disk)).subarray(0, 65_536))).toBe(true)
  })

  it('is not written over a boot loader', async () => {
    await using folder = await diskFolder(MEBIBYTE, [{ at: 60_000, bytes: text(6000) }])
    await expect(folder.convert('vhd-fixed', { options })).rejects.toThrow(
      'vhdfixedtag: the tag of a fixed VHD stands at 64 KiB, and the disk holds data there',
    )
    expect(await readdir(folder.path)).toEqual(['source.raw'])
  })
})
