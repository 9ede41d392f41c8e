import { mkdir, readFile, stat } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { runCommand } from '../../../src/command.ts'
import { fileDigest } from '../../../src/oci/digest.ts'
import { diskFolder, noise, type Piece } from '../../support/rawdisk.ts'

const MEBIBYTE = 1 << 20
const GIBIBYTE = 1024 * MEBIBYTE
const EPOCH = 1767323045

/** More pieces than the tar header has room for, and than its first block behind it. */
const SCATTERED: readonly Piece[] = Array.from({ length: 40 }, (_, index) => ({
  at: index * MEBIBYTE + 512 * index,
  bytes: noise(700 + index, index + 1),
}))

async function unpacked(folder: { at(name: string): string }, archive: string): Promise<string> {
  await mkdir(folder.at('unpacked'))
  const args = ['--warning=all', '-xzf', archive, '-C', folder.at('unpacked')]
  expect((await runCommand('tar', args)).stderr).toBe('')
  return folder.at('unpacked')
}

it('an image for Google is disk.raw of whole GiB in an old GNU tar, and its content what it was', async () => {
  await using folder = await diskFolder(41 * MEBIBYTE + 512, SCATTERED)
  const made = await folder.convert('gce')
  expect(made).toEqual({ file: folder.at('made.tar.gz'), virtualSizeBytes: GIBIBYTE })
  const listed = (await runCommand('tar', ['--utc', '--numeric-owner', '-tvzf', made.file])).stdout.toString()
  expect(listed.trim().split(/\s+/)).toEqual(['-rw-r--r--', '0/0', `${GIBIBYTE}`, '2026-01-02', '03:04', 'disk.raw'])
  const disk = `${await unpacked(folder, made.file)}/disk.raw`
  const { size, blocks } = await stat(disk)
  expect(size).toBe(GIBIBYTE)
  // 40 pieces, of 64 KiB each at most two.
  expect(blocks * 512).toBeLessThan(40 * 2 * 64 * 1024 + MEBIBYTE)
  await runCommand('qemu-img', ['compare', '-f', 'raw', '-F', 'raw', folder.disk, disk])
})

it('its headers have the magic of the old GNU format and the type of a sparse file', async () => {
  await using folder = await diskFolder(MEBIBYTE, [{ at: 0, bytes: noise(1000, 1) }])
  const { file } = await folder.convert('gce')
  const tar = (await runCommand('gzip', ['-dc', file])).stdout
  expect(tar.toString('latin1', 257, 265)).toBe('ustar  \0')
  expect(tar.toString('latin1', 156, 157)).toBe('S')
})

it('a disk that is empty, or has content at its very end, is unpacked as well', async () => {
  await using empty = await diskFolder(3 * MEBIBYTE, [])
  const nothing = await unpacked(empty, (await empty.convert('gce')).file)
  expect(await stat(`${nothing}/disk.raw`)).toMatchObject({ size: GIBIBYTE, blocks: 0 })
  await using whole = await diskFolder(GIBIBYTE, [{ at: GIBIBYTE - 512, bytes: noise(512, 3) }])
  const disk = await unpacked(whole, (await whole.convert('gce')).file)
  await runCommand('qemu-img', ['compare', '-f', 'raw', '-F', 'raw', whole.disk, `${disk}/disk.raw`])
})

it('a disk of more than 8 GiB has its size in the archive', async () => {
  await using folder = await diskFolder(9 * GIBIBYTE + 512, [{ at: 9 * GIBIBYTE, bytes: noise(512, 3) }])
  const made = await folder.convert('gce')
  expect(made.virtualSizeBytes).toBe(10 * GIBIBYTE)
  const disk = `${await unpacked(folder, made.file)}/disk.raw`
  expect((await stat(disk)).size).toBe(10 * GIBIBYTE)
  await runCommand('qemu-img', ['compare', '-f', 'raw', '-F', 'raw', folder.disk, disk])
})

it('a license stands in manifest.json, before the disk, as KIWI writes it', async () => {
  await using folder = await diskFolder(MEBIBYTE, [])
  const gceLicense = 'projects/suse-cloud/global/licenses/sles-"15"'
  const { file } = await folder.convert('gce', { options: { qemu: ['ignored=as-by-kiwi'], gceLicense } })
  const names = (await runCommand('tar', ['-tzf', file])).stdout.toString()
  expect(names).toBe('manifest.json\ndisk.raw\n')
  const text = await readFile(`${await unpacked(folder, file)}/manifest.json`, 'utf8')
  expect(text).toBe('{"licenses": ["projects/suse-cloud/global/licenses/sles-\\"15\\""]}')
})

it('the same content gives the same archive, with holes or without, and another time another', async () => {
  await using one = await diskFolder(41 * MEBIBYTE, SCATTERED)
  await using other = await diskFolder(41 * MEBIBYTE, SCATTERED, false)
  const first = await fileDigest((await one.convert('gce')).file)
  expect(await fileDigest((await other.convert('gce')).file)).toEqual(first)
  expect(await fileDigest((await other.convert('gce', { epochSeconds: EPOCH + 1 })).file)).not.toEqual(first)
})
