import { expect, it } from 'vitest'
import { memberHeader, oldGnuHeader, paddedSize, sparseHeader } from '../../../src/disk/formats/archiveheader.ts'

const MEMBER = { name: 'a.ovf', sizeBytes: 511, mtimeSeconds: 1_767_323_045 }

it('a header has its fields in octal and a sum of its bytes', () => {
  const header = memberHeader(MEMBER)
  expect(header).toHaveLength(512)
  expect(header.toString('latin1', 124, 136)).toBe('00000000777\0')
  expect(header.toString('latin1', 136, 148)).toBe('15125632645\0')
  const sum = Number.parseInt(header.toString('latin1', 148, 154), 8)
  header.fill(' ', 148, 156)
  expect(header.reduce((total, byte) => total + byte, 0)).toBe(sum)
})

it('the two kinds of header differ in their magic', () => {
  expect(memberHeader(MEMBER).toString('latin1', 257, 265)).toBe('ustar\x00' + '00')
  expect(oldGnuHeader(MEMBER).toString('latin1', 257, 265)).toBe('ustar  \0')
})

it('the last size in octal is a byte below 8 GiB, and from there on it is binary', () => {
  const size = (sizeBytes: number) => memberHeader({ ...MEMBER, sizeBytes }).toString('hex', 124, 136)
  expect(Buffer.from(size(8 ** 11 - 1), 'hex').toString('latin1')).toBe('77777777777\0')
  expect(size(8 ** 11)).toBe('800000000000000200000000')
})

it.each([
  [3, 1],
  [4, 2],
  [24, 2],
  [25, 3],
])('a map of %d extents and the end stands in %d blocks', (count, blocks) => {
  const extents = Array.from({ length: count }, (_, index) => ({ offset: index * 1024, length: 512 }))
  const header = sparseHeader({ ...MEMBER, sizeBytes: 1_048_576 }, extents)
  expect(header).toHaveLength(blocks * 512)
  expect(Number.parseInt(header.toString('latin1', 124, 135), 8)).toBe(count * 512)
})

it('a size is padded to whole blocks', () => {
  expect([0, 1, 512, 513].map(paddedSize)).toEqual([0, 512, 512, 1024])
})
