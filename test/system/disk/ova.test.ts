import { mkdir, readdir, readFile, stat } from 'node:fs/promises'
import { SaxesParser } from 'saxes'
import { describe, expect, it } from 'vitest'
import { runCommand } from '../../../src/command.ts'
import { inspectDisk } from '../../../src/disk/inspect.ts'
import { fileDigest } from '../../../src/oci/digest.ts'
import { type DiskFolder, diskFolder, noise } from '../../support/rawdisk.ts'

const MEBIBYTE = 1 << 20

const withContent = () =>
  diskFolder(40 * MEBIBYTE + 512, [
    { at: 0, bytes: noise(100_000, 1) },
    { at: 20 * MEBIBYTE, bytes: Buffer.alloc(3 * MEBIBYTE, 'compressible ') },
  ])

async function unpacked(folder: DiskFolder, archive: string): Promise<string> {
  await mkdir(folder.at('unpacked'))
  const args = ['--warning=all', '-xf', archive, '-C', folder.at('unpacked')]
  expect((await runCommand('tar', args)).stderr).toBe('')
  return folder.at('unpacked')
}

/** Attributes of each element of the descriptor, by the element's name. */
async function elements(path: string): Promise<ReadonlyMap<string, readonly Readonly<Record<string, string>>[]>> {
  const found = new Map<string, Record<string, string>[]>()
  const parser = new SaxesParser({ xmlns: true })
  parser.on('opentag', ({ name, attributes }) => {
    const values = Object.entries(attributes).map(([key, attribute]) => [key, attribute.value] as const)
    found.set(name, [...(found.get(name) ?? []), Object.fromEntries(values)])
  })
  parser.on('error', (error) => {
    throw error
  })
  parser.write(await readFile(path, 'utf8')).close()
  return found
}

describe('an appliance', () => {
  it('is a ustar archive of descriptor, manifest and disk, in this order, of root and the time of the image', async () => {
    await using folder = await withContent()
    const { file } = await folder.convert('ova', { name: 'debian.x86_64-1.0.0' })
    const listed = (await runCommand('tar', ['--utc', '--numeric-owner', '-tvf', file])).stdout.toString()
    const lines = listed.trimEnd().split('\n')
    expect(lines.map((line) => line.split(/\s+/).at(-1))).toEqual([
      'debian.x86_64-1.0.0.ovf',
      'debian.x86_64-1.0.0.mf',
      'debian.x86_64-1.0.0.vmdk',
    ])
    for (const line of lines) expect(line).toMatch(/^-rw-r--r-- 0\/0 +\d+ 2026-01-02 03:04 /)
    expect((await readFile(file)).toString('latin1', 257, 265)).toBe('ustar\x00' + '00')
  })

  it('has the sums of its parts in the manifest', async () => {
    await using folder = await withContent()
    const parts = await unpacked(folder, (await folder.convert('ova')).file)
    const manifest = await readFile(`${parts}/made.mf`, 'utf8')
    expect(manifest).toMatch(/^SHA256\(made\.ovf\)= [0-9a-f]{64}\nSHA256\(made\.vmdk\)= [0-9a-f]{64}\n$/)
    const sums = manifest.replaceAll(/^SHA256\((.*)\)= (.*)$/gm, '$2  $1')
    const checked = await runCommand('sha256sum', ['-c', '--strict'], { cwd: parts, input: sums })
    expect(checked.stdout.toString()).toBe('made.ovf: OK\nmade.vmdk: OK\n')
  })

  it('has the disk as a stream-optimised vmdk whose content is what it was', async () => {
    await using folder = await withContent()
    const made = await folder.convert('ova')
    const vmdk = `${await unpacked(folder, made.file)}/made.vmdk`
    const info = JSON.parse((await runCommand('qemu-img', ['info', '--output=json', vmdk])).stdout.toString())
    expect(info['format-specific'].data['create-type']).toBe('streamOptimized')
    await runCommand('qemu-img', ['check', '-q', '-f', 'vmdk', vmdk])
    await runCommand('qemu-img', ['compare', '-f', 'raw', '-F', 'vmdk', folder.disk, vmdk])
    expect((await inspectDisk(vmdk)).virtualSizeBytes).toBe(made.virtualSizeBytes)
    expect((await readFile(vmdk)).toString('latin1', 512, 2048)).toContain('SPARSE "made.vmdk"')
  })

  it('tells the sizes of the disk and what of it is content', async () => {
    await using folder = await withContent()
    const made = await folder.convert('ova')
    const parts = await unpacked(folder, made.file)
    const tags = await elements(`${parts}/made.ovf`)
    const { size } = await stat(`${parts}/made.vmdk`)
    expect(tags.get('File')).toEqual([{ 'ovf:href': 'made.vmdk', 'ovf:id': 'file1', 'ovf:size': `${size}` }])
    expect(tags.get('Disk')?.[0]).toMatchObject({
      'ovf:capacity': `${made.virtualSizeBytes}`,
      'ovf:capacityAllocationUnits': 'byte',
      // 100 000 bytes are two grains of 64 KiB.
      'ovf:populatedSize': `${3 * MEBIBYTE + 2 * 65_536}`,
    })
  })

  it('is the same from the same content, with holes or without, and in another folder', async () => {
    await using one = await withContent()
    const first = await fileDigest((await one.convert('ova')).file)
    await using other = await diskFolder(one.sizeBytes, [{ at: 0, bytes: await readFile(one.disk) }], false)
    expect(await fileDigest((await other.convert('ova')).file)).toEqual(first)
  })

  it('of an empty disk is one too', async () => {
    await using folder = await diskFolder(512, [])
    const parts = await unpacked(folder, (await folder.convert('ova')).file)
    expect((await elements(`${parts}/made.ovf`)).get('Disk')?.[0]).toMatchObject({ 'ovf:populatedSize': '0' })
    expect((await inspectDisk(`${parts}/made.vmdk`)).virtualSizeBytes).toBe(65_536)
  })

  it('has names that are plain in the archive and as they were in the descriptor', async () => {
    await using folder = await withContent()
    const { file } = await folder.convert('ova', { name: 'Bücher (2) & mehr', title: 'Bücher & <mehr>' })
    const parts = await unpacked(folder, file)
    expect((await readdir(parts)).sort()).toEqual(['B_cher_2_mehr.mf', 'B_cher_2_mehr.ovf', 'B_cher_2_mehr.vmdk'])
    const tags = await elements(`${parts}/B_cher_2_mehr.ovf`)
    expect(tags.get('VirtualSystem')).toEqual([{ 'ovf:id': 'Bücher & <mehr>' }])
  })
})
