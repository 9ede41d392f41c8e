import { copyFile, mkdir, readdir, readFile, stat, utimes } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { runCommand } from '../../../src/command.ts'
import { DISK_FORMATS, type DiskFormat } from '../../../src/disk/format.ts'
import { inspectDisk } from '../../../src/disk/inspect.ts'
import { fileDigest } from '../../../src/oci/digest.ts'
import { diskFolder, isSameDisk, noise, type Piece } from '../../support/rawdisk.ts'
import { runAsRoot } from '../../support/root.ts'

const MEBIBYTE = 1 << 20
const SECTOR = 512
const QEMU_FORMATS = ['qcow2', 'vmdk', 'vdi', 'vhd', 'vhdx', 'vhd-fixed'] as const
const CHECKED: readonly DiskFormat[] = ['qcow2', 'vmdk', 'vdi', 'vhdx']

const text = (length: number) => Buffer.alloc(length, 'compressible ')
const DISKS: readonly (readonly [string, number, readonly Piece[]])[] = [
  ['of one sector', SECTOR, [{ at: 0, bytes: noise(SECTOR, 1) }]],
  ['that is empty', 3 * MEBIBYTE, []],
  [
    'of an odd size with holes',
    40 * MEBIBYTE + 3 * SECTOR,
    [
      { at: 0, bytes: noise(5000, 2) },
      { at: 17 * MEBIBYTE + 4096, bytes: text(700_000) },
      { at: 40 * MEBIBYTE, bytes: noise(3 * SECTOR, 3) },
    ],
  ],
  ['without a hole', 5 * MEBIBYTE + SECTOR, [{ at: 0, bytes: noise(5 * MEBIBYTE + SECTOR, 4) }]],
]

/** What the disk of the file is, byte for byte, by a conversion that is qemu-img's own. */
async function unpacked(file: string, driver: string): Promise<Buffer> {
  await runCommand('qemu-img', ['convert', '-f', driver, '-O', 'raw', file, `${file}.back`])
  return readFile(`${file}.back`)
}

/** The disk in a file of the format, taken out of its archive where it is in one, and how qemu-img reads it. */
async function diskIn(format: 'vmdk' | 'gce' | 'ova', file: string): Promise<{ file: string; driver: string }> {
  if (format === 'vmdk') return { file, driver: 'vmdk' }
  const place = `${file}.parts`
  await mkdir(place)
  await runCommand('tar', ['-xf', file, '-C', place])
  const part = (await readdir(place)).find((name) => /\.(raw|vmdk)$/.test(name)) ?? 'no disk'
  return { file: `${place}/${part}`, driver: format === 'gce' ? 'raw' : 'vmdk' }
}

describe.each(QEMU_FORMATS)('a disk in the format %s', (format) => {
  const { driver } = DISK_FORMATS[format]

  it.each(DISKS)('%s is what it was, and then zeros', async (_, sizeBytes, pieces) => {
    await using folder = await diskFolder(sizeBytes, pieces)
    const made = await folder.convert(format)
    expect(await inspectDisk(made.file, driver)).toMatchObject({
      format: driver,
      virtualSizeBytes: made.virtualSizeBytes,
    })
    if (CHECKED.includes(format)) await runCommand('qemu-img', ['check', '-q', '-f', driver, made.file])
    const back = await unpacked(made.file, driver)
    expect(back).toHaveLength(made.virtualSizeBytes)
    expect(back.subarray(0, sizeBytes).equals(await readFile(folder.disk))).toBe(true)
    expect(back.subarray(sizeBytes).every((byte) => byte === 0)).toBe(true)
  })

  it('is the same from a copy without holes, at another time, in another folder', async () => {
    const [, sizeBytes, pieces] = DISKS[2] ?? ['', 0, []]
    await using one = await diskFolder(sizeBytes, pieces)
    await using other = await diskFolder(sizeBytes, pieces, false)
    await utimes(other.disk, 1, 1)
    const first = await fileDigest((await one.convert(format)).file)
    // Formats that hold a time hold seconds.
    await new Promise((resolve) => setTimeout(resolve, 1100))
    expect(await fileDigest((await other.convert(format)).file)).toEqual(first)
  })

  it('leaves the source and nothing else beside the result', async () => {
    await using folder = await diskFolder(MEBIBYTE + SECTOR, [{ at: 0, bytes: text(1000) }])
    const before = await fileDigest(folder.disk)
    await folder.convert(format)
    expect(await fileDigest(folder.disk)).toEqual(before)
    expect((await readdir(folder.path)).sort()).toEqual([`made.${DISK_FORMATS[format].extension}`, 'source.raw'])
  })
})

describe('the ids of a disk', () => {
  it.each([
    ['vmdk', 512, 2048],
    ['vdi', 0x188, 0x1a8],
    ['vhd', 68, 84],
    ['vhdx', 64 * 1024 + 16, 64 * 1024 + 48],
    ['vhd-fixed', 3 * MEBIBYTE + 68, 3 * MEBIBYTE + 84],
  ] as const)('of format %s are others for another content', async (format, start, end) => {
    const ids = async (bytes: Buffer) => {
      await using folder = await diskFolder(3 * MEBIBYTE, [{ at: MEBIBYTE, bytes }])
      return (await readFile((await folder.convert(format)).file)).subarray(start, end)
    }
    expect((await ids(text(100))).equals(await ids(text(101)))).toBe(false)
  })

  it('that VirtualBox and Windows read are UUIDs of version 8', async () => {
    await using folder = await diskFolder(MEBIBYTE, [{ at: 0, bytes: text(100) }])
    const vhd = await readFile((await folder.convert('vhd')).file)
    expect(vhd.toString('hex', 68, 84)).toMatch(/^.{12}8.{3}[89ab]/)
    const vdi = await readFile((await folder.convert('vdi')).file)
    expect(vdi.toString('hex', 0x188, 0x198)).toMatch(/^.{14}8.[89ab]/)
  })
})

describe('the size of a disk', () => {
  const GEOMETRY = 17 * 4 * SECTOR
  it.each([
    ['qcow2', 5 * MEBIBYTE + SECTOR],
    ['vdi', 5 * MEBIBYTE + SECTOR],
    ['vhdx', 5 * MEBIBYTE + 4096],
    ['vmdk', 5 * MEBIBYTE + 64 * 1024],
    ['ova', 5 * MEBIBYTE + 64 * 1024],
    ['vhd-fixed', 6 * MEBIBYTE],
    ['gce', 1024 * MEBIBYTE],
    ['vhd', Math.ceil((5 * MEBIBYTE + SECTOR) / GEOMETRY) * GEOMETRY],
  ] as const)('of format %s is the next that the format has', async (format, expected) => {
    await using folder = await diskFolder(5 * MEBIBYTE + SECTOR, [{ at: 0, bytes: text(5 * MEBIBYTE) }])
    expect((await folder.convert(format)).virtualSizeBytes).toBe(expected)
  })

  it('of a fixed VHD is that of its file without the footer', async () => {
    await using folder = await diskFolder(5 * MEBIBYTE, [])
    const { file } = await folder.convert('vhd-fixed')
    expect((await stat(file)).size).toBe(5 * MEBIBYTE + 512)
  })

  it('of a fixed VHD is that of the geometry where the description asks for it', async () => {
    await using folder = await diskFolder(5 * MEBIBYTE, [])
    const { virtualSizeBytes } = await folder.convert('vhd-fixed', { options: { qemu: ['force_size=off'] } })
    expect(virtualSizeBytes).toBe(Math.ceil((5 * MEBIBYTE) / GEOMETRY) * GEOMETRY)
  })
})

describe('a conversion', () => {
  it.each([...QEMU_FORMATS, 'ova', 'gce'] as const)('to %s takes no more space than the content', async (format) => {
    await using folder = await diskFolder(512 * MEBIBYTE, [{ at: 200 * MEBIBYTE, bytes: noise(2 * MEBIBYTE, 5) }])
    const { file } = await folder.convert(format)
    // VHDX and vmdk have tables and a log of some MiB.
    expect((await stat(file)).blocks * 512).toBeLessThan(6 * MEBIBYTE)
  })

  it('from a fixed VHD of ours gives the disk back', async () => {
    await using folder = await diskFolder(3 * MEBIBYTE, [{ at: 0, bytes: noise(MEBIBYTE, 6) }])
    const { file } = await folder.convert('vhd-fixed')
    const back = await folder.convert('raw', { source: file, from: 'vpc', name: 'back' })
    expect(await fileDigest(back.file)).toEqual(await fileDigest(folder.disk))
  })

  it('from another format than raw to each archive holds the same disk', async () => {
    await using folder = await diskFolder(3 * MEBIBYTE, [{ at: 0, bytes: noise(MEBIBYTE, 7) }])
    const { file } = await folder.convert('qcow2')
    for (const format of ['gce', 'ova'] as const) {
      const direct = await fileDigest((await folder.convert(format)).file)
      const made = await folder.convert(format, { source: file, from: 'qcow2', name: 'made' })
      expect(await fileDigest(made.file)).toEqual(direct)
    }
    expect((await readdir(folder.path)).sort()).toEqual(['made.ova', 'made.qcow2', 'made.tar.gz', 'source.raw'])
  })

  it.each([
    ['vmdk', 'above.qcow2'],
    ['vmdk', 'below'],
    ['gce', 'disk.raw'],
    ['ova', 'archive'],
  ] as const)('to %s can be called %s, whatever we call ours on the way', async (format, name) => {
    await using folder = await diskFolder(MEBIBYTE + SECTOR, [{ at: MEBIBYTE, bytes: noise(SECTOR, 8) }])
    const { file: source } = await folder.convert('qcow2', { name: 'source' })
    const made = await folder.convert(format, { source, from: 'qcow2', target: folder.at(name) })
    expect((await readdir(folder.path)).sort()).toEqual([name, 'source.qcow2', 'source.raw'].sort())
    const { file: held, driver } = await diskIn(format, made.file)
    expect(await isSameDisk(folder.disk, driver, held)).toBe(true)
  })

  it('names a vmdk in its own descriptor', async () => {
    await using folder = await diskFolder(MEBIBYTE, [])
    const { file } = await folder.convert('vmdk', { name: 'appliance.x86_64-1.0.0' })
    const start = (await readFile(file)).toString('latin1', 512, 2048)
    expect(start).toContain('SPARSE "appliance.x86_64-1.0.0.vmdk"')
    expect(start).toMatch(/^CID=[0-9a-f]{8}$/m)
  })
})

it('a disk below a path longer than a qcow2 can name is extended too', async () => {
  await using folder = await diskFolder(MEBIBYTE + SECTOR, [{ at: MEBIBYTE, bytes: noise(SECTOR, 9) }])
  const long = folder.at(Array.from({ length: 6 }, () => 'n'.repeat(200)).join('/'))
  await mkdir(long, { recursive: true })
  await copyFile(folder.disk, `${long}/disk, "raw"`)
  const { file } = await folder.convert('vmdk', { source: `${long}/disk, "raw"` })
  expect((await unpacked(file, 'vmdk')).subarray(0, folder.sizeBytes).equals(await readFile(folder.disk))).toBe(true)
})

it('a disk that does not fit is an error of the machine, and nothing of it stays', async () => {
  await using mounted = await smallFileSystem()
  await using folder = await diskFolder(24 * MEBIBYTE, [{ at: 0, bytes: noise(24 * MEBIBYTE, 8) }])
  for (const format of [...QEMU_FORMATS, 'gce', 'ova'] as const) {
    await expect(folder.convert(format, { target: `${mounted.path}/disk` })).rejects.toThrow(
      `no space is left in ${mounted.path}: `,
    )
    expect(await readdir(mounted.path)).toEqual([])
  }
})

it.each(['vhd', 'vhd-fixed'] as const)('a guest that begins like a footer is what it was in a %s', async (format) => {
  const first = Buffer.alloc(SECTOR, 'conectix')
  await using folder = await diskFolder(3 * MEBIBYTE, [
    { at: 0, bytes: first },
    { at: MEBIBYTE, bytes: text(5000) },
  ])
  const made = await folder.convert(format)
  const bytes = await readFile(made.file)
  const footer = bytes.subarray(-SECTOR)
  expect(made.virtualSizeBytes).toBe(Number(footer.readBigUInt64BE(48)))
  // The checksum of a footer is the ones' complement of the sum of the other bytes.
  const sum = footer.reduce((total, byte, index) => (index >= 64 && index < 68 ? total : total + byte), 0)
  expect(footer.readUInt32BE(64)).toBe(~sum >>> 0)
  if (format === 'vhd') expect(bytes.subarray(0, SECTOR)).toEqual(footer)
  else expect(bytes.subarray(0, 3 * MEBIBYTE).equals(await readFile(folder.disk))).toBe(true)
})

/** A tmpfs of 8 MiB. */
async function smallFileSystem() {
  const folder = await diskFolder(512, [])
  const path = `${folder.path}/mounted`
  await mkdir(path)
  await runAsRoot('mount', '-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', path)
  return {
    path,
    [Symbol.asyncDispose]: async () => {
      await runAsRoot('umount', path)
      await folder[Symbol.asyncDispose]()
    },
  }
}
