import { mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { runCommand } from '../../src/command.ts'
import { type Conversion, type ConvertedDisk, convertDisk } from '../../src/disk/convert.ts'
import type { GuestDisk } from '../../src/disk/guest/guestdisk.ts'

const MEBIBYTE = 1 << 20

export interface PartitionSpec {
  /** As sfdisk takes it: `U` for an EFI system partition, a GUID, or the digits of a master boot record. */
  readonly type: string
  readonly mebibytes?: number
  readonly fat?: 12 | 16 | 32
  readonly clusterSectors?: number
  /** By their paths in the file system. */
  readonly files?: Readonly<Record<string, Buffer>>
}

export interface DiskSpec {
  readonly label?: 'gpt' | 'dos'
  readonly sectorBytes?: 512 | 4096
  readonly partitions: readonly PartitionSpec[]
}

export interface MachineDisk extends AsyncDisposable {
  readonly folder: string
  readonly file: string
  readonly sizeBytes: number
  /** Where the first partition begins. */
  readonly partitionAt: number
  read(offset: number, length: number): Promise<Buffer>
  write(offset: number, bytes: Buffer): Promise<void>
  convert(to: Conversion['to'], changes?: Partial<Conversion>): Promise<ConvertedDisk>
}

/** A raw disk that fdisk partitioned, with file systems of mkfs.vfat that mtools filled: nothing is mounted. */
export async function machineDisk({ label = 'gpt', sectorBytes = 512, partitions }: DiskSpec): Promise<MachineDisk> {
  const folder = await mkdtemp(join(tmpdir(), 'machine-'))
  const file = join(folder, 'disk.raw')
  const sizes = partitions.map(({ mebibytes = 2 }) => mebibytes)
  const starts = sizes.map((_, index) => sizes.slice(0, index).reduce((sum, size) => sum + size, 1))
  const sizeBytes = (sizes.reduce((sum, size) => sum + size, 1) + 1) * MEBIBYTE
  const perMebibyte = MEBIBYTE / sectorBytes
  const lines = partitions.map(
    ({ type }, index) =>
      `start=${(starts[index] ?? 0) * perMebibyte},size=${(sizes[index] ?? 0) * perMebibyte},type=${type}`,
  )
  await using opened = await open(file, 'w')
  await opened.truncate(sizeBytes)
  await writeFile(join(folder, 'table'), [`label: ${label}`, ...lines, ''].join('\n'))
  // sfdisk learned of sectors that are not of 512 bytes later than fdisk.
  const commands = { input: `I\n${join(folder, 'table')}\nw\n` }
  await runCommand('fdisk', ['-b', `${sectorBytes}`, file], commands)
  for (const [index, partition] of partitions.entries()) {
    if (partition.fat !== undefined) await fillPartition(folder, partition, { start: starts[index] ?? 0, sectorBytes })
  }
  return {
    folder,
    file,
    sizeBytes,
    partitionAt: MEBIBYTE,
    read: async (offset, length) => {
      await using source = await open(file)
      return (await source.read(Buffer.alloc(length), 0, length, offset)).buffer
    },
    write: async (offset, bytes) => {
      await using target = await open(file, 'r+')
      await target.write(bytes, 0, bytes.length, offset)
    },
    convert: (to, changes = {}) => {
      const given = { source: file, from: 'raw', virtualSizeBytes: sizeBytes, epochSeconds: 1767323045 }
      return convertDisk({ ...given, to, target: join(folder, `disk.${to}`), ...changes })
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  }
}

async function fillPartition(
  folder: string,
  { fat, mebibytes = 2, clusterSectors, files = {} }: PartitionSpec,
  { start, sectorBytes }: { readonly start: number; readonly sectorBytes: number },
): Promise<void> {
  const file = join(folder, 'disk.raw')
  const kinds = ['-F', `${fat}`, '-S', `${sectorBytes}`]
  const clusters = clusterSectors === undefined ? [] : ['-s', `${clusterSectors}`]
  const place = ['--offset', `${(start * MEBIBYTE) / sectorBytes}`, file, `${mebibytes * 1024}`]
  await runCommand('mkfs.vfat', [...kinds, ...clusters, ...place])
  const tree = await mkdtemp(join(folder, 'tree-'))
  for (const [path, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(tree, path)), { recursive: true })
    await writeFile(join(tree, path), bytes)
  }
  const tops = (await readdir(tree)).toSorted().map((name) => join(tree, name))
  if (tops.length > 0) await runCommand('mcopy', ['-s', '-Q', '-i', `${file}@@${start}M`, ...tops, '::/'])
}

/** The least that is an EFI program: a DOS header that points to a PE header. */
export function efiProgram(machine: number): Buffer {
  const bytes = Buffer.alloc(1024)
  bytes.write('MZ')
  bytes.writeUInt32LE(0x80, 0x3c)
  bytes.write('PE\0\0', 0x80, 'latin1')
  bytes.writeUInt16LE(machine, 0x84)
  return bytes
}

export const X64 = efiProgram(0x8664)
export const AA64 = efiProgram(0xaa64)

/** An EFI system partition with these files. */
export function esp(files: Readonly<Record<string, Buffer>>, changes: Partial<PartitionSpec> = {}): PartitionSpec {
  return { type: 'U', fat: 12, files, ...changes }
}

/** systemd-boot for this machine, under the name that firmware looks for. */
export async function realLoader(): Promise<Readonly<Record<string, Buffer>>> {
  const folder = '/usr/lib/systemd/boot/efi'
  const name = (await readdir(folder)).find((file) => /^systemd-boot.*\.efi$/.test(file))
  if (name === undefined) throw new Error(`no systemd-boot in ${folder}`)
  const machine = name.slice('systemd-boot'.length).toUpperCase()
  return { [`EFI/BOOT/BOOT${machine}`]: await readFile(join(folder, name)) }
}

/** A disk that is in memory, counts how often it is read, and is only asked for what it has. */
export function memoryDisk(content: Buffer): GuestDisk & { readonly reads: () => number } {
  let reads = 0
  return {
    sizeBytes: content.length,
    reads: () => reads,
    read: async (offset, length) => {
      reads += 1
      if (offset < 0 || length < 0 || offset + length > content.length) throw new Error('read beyond the disk')
      return content.subarray(offset, offset + length)
    },
  }
}
