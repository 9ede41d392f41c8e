import { execFile } from 'node:child_process'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type DiskSpec, machineDisk, X64 } from '../../support/machinedisk.ts'

const run = promisify(execFile)

const FORMATS = ['qcow2', 'vmdk', 'vdi', 'vhdx', 'vpc', 'raw']
const files = { 'EFI/BOOT/BOOTX64.EFI': X64 }
const DISKS: readonly DiskSpec[] = [
  { label: 'dos', partitions: [{ type: 'ef', fat: 12, files }] },
  { label: 'dos', partitions: [{ type: 'c', fat: 16, mebibytes: 5, clusterSectors: 1, files }] },
  { partitions: [{ type: 'U', fat: 12, files }, { type: '21686148-6449-6E6F-744E-656564454649' }] },
]

/** Tars in every format that tar writes, with long names, links and a layout's files. */
export async function archives(folder: string): Promise<readonly Buffer[]> {
  const tree = join(folder, 'tree')
  await mkdir(join(tree, 'blobs', 'ä'.repeat(60)), { recursive: true })
  for (const name of ['index.json', 'manifest.json', 'oci-layout', `blobs/${'ä'.repeat(60)}/${'b'.repeat(120)}`]) {
    await writeFile(join(tree, name), name)
  }
  await symlink('index.json', join(tree, 'link'))
  const made: Buffer[] = []
  for (const format of ['ustar', 'pax', 'gnu', 'v7', 'oldgnu']) {
    const file = join(folder, `${format}.tar`)
    // Names that the format cannot hold are left out, and tar says so by its exit code.
    await run('tar', ['-C', tree, `--format=${format}`, '-b', '1', '-cf', file, '.']).catch(() => {})
    made.push(await readFile(file))
  }
  return made
}

/** Partitioned disks with a loader in FAT. */
export async function rawDisks(): Promise<readonly Buffer[]> {
  const made: Buffer[] = []
  for (const spec of DISKS) {
    await using disk = await machineDisk(spec)
    made.push(await readFile(disk.file))
  }
  return made
}

/** Small disks of every format that qemu-img writes for us, and texts that name other files. */
export async function diskFiles(folder: string): Promise<readonly Buffer[]> {
  await mkdir(folder)
  const raw = join(folder, 'source')
  await writeFile(raw, Buffer.alloc(256 * 1024, 'disk'))
  const made: Buffer[] = [
    Buffer.from('# Disk DescriptorFile\nversion=1\nCID=1\ncreateType="monolithicFlat"\nRW 1 FLAT "/etc/shadow" 0\n'),
  ]
  for (const format of FORMATS) {
    const file = join(folder, format)
    await run('qemu-img', ['convert', '-f', 'raw', '-O', format, raw, file])
    const bytes = await readFile(file)
    // A VHDX is mostly an empty log.
    made.push(bytes)
  }
  const backed = join(folder, 'backed')
  await run('qemu-img', ['create', '-q', '-f', 'qcow2', '-F', 'raw', '-b', raw, backed])
  return [...made, await readFile(backed)]
}
