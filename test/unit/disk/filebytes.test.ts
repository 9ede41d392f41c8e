import { open } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { chunksOf, type Readable, readAt } from '../../../src/disk/filebytes.ts'
import { HostError } from '../../../src/errors.ts'
import { diskFolder, noise } from '../../support/rawdisk.ts'

const MEBIBYTE = 1 << 20

/** A file that gives at most so many bytes at a time, as read(2) may: on a network, or after a signal. */
function slow(file: Readable, most: number): Readable {
  const read = (bytes: Buffer, at: number, length: number, offset: number) =>
    file.read(bytes, at, Math.min(most, length), offset)
  return { read } as Readable
}

async function chunks(file: Readable, length: number) {
  const found: Buffer[] = []
  for await (const { bytes } of chunksOf(file, { offset: 512, length })) found.push(bytes)
  return found
}

it('a file that is read in small parts gives the same chunks', async () => {
  const bytes = noise(MEBIBYTE + 2048, 1)
  await using folder = await diskFolder(bytes.length, [{ at: 0, bytes }])
  await using file = await open(folder.disk)
  const found = await chunks(slow(file, 100_000), MEBIBYTE + 1000)
  expect(found.map(({ length }) => length)).toEqual([MEBIBYTE, 1000])
  expect(Buffer.concat(found).equals(bytes.subarray(512, MEBIBYTE + 1512))).toBe(true)
  expect((await readAt(slow(file, 100), 512, 1000)).equals(bytes.subarray(512, 1512))).toBe(true)
})

it('a file that ends before the part that is read is an error', async () => {
  await using folder = await diskFolder(2048, [])
  await using file = await open(folder.disk)
  await expect(chunks(file, 2048)).rejects.toThrow(HostError)
  await expect(readAt(file, 0, 2049)).rejects.toThrow('the disk ends before byte 2049')
})
