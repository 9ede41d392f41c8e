import { expect, it } from 'vitest'
import {
  descriptionSpaceNeed,
  diskSpaceNeed,
  freeBytes,
  spaceProblem,
  type WrittenDisk,
} from '../../../src/host/space.ts'

const GIGABYTE = 1e9
const MEBIBYTE = 1024 ** 2
const PACKED = { compressed: true }
const PLAIN = { compressed: false }
const CONVERTED = { converted: true, blobs: [PACKED] }
const STAYING = { ...CONVERTED, stays: true }

function needOf(disks: readonly WrittenDisk[], lengthBytes?: number): number {
  return diskSpaceNeed({ contentBytes: 1000, ...(lengthBytes === undefined ? {} : { lengthBytes }) }, disks)
}

it('the message has need and have, and what to do', () => {
  expect(spaceProblem(6.31 * GIGABYTE, 1.99 * GIGABYTE, '/work')?.message).toBe(
    'not enough space in /work: about 6.4 GB are needed, 1.9 GB are free: free some, or set work-dir to a folder on a larger file system',
  )
})

it('what is less than a GB is told in MB', () => {
  expect(spaceProblem(1.01 * GIGABYTE, 0.9999 * GIGABYTE, '/work')?.message).toMatch(
    /about 1\.1 GB are needed, 999 MB are free/,
  )
  expect(spaceProblem(40_000_001, 40_000_000, '/work')?.message).toMatch(/about 41 MB are needed, 40 MB are free/)
})

it('enough space is no problem, to the byte', () => {
  expect(spaceProblem(5, 5, '/work')).toBeUndefined()
})

it('a disk that is wrapped as it is needs its layer only', () => {
  expect(needOf([{ converted: false, blobs: [PACKED] }])).toBe(600)
  expect(needOf([{ converted: false, blobs: [PLAIN] }])).toBe(1000)
})

it('a conversion writes the disk once more', () => {
  expect(needOf([CONVERTED])).toBe(1600)
})

it('a format that is packed takes the packed size twice, compressed or not', () => {
  const disk = { converted: true, packed: true }
  expect(needOf([{ ...disk, blobs: [PACKED] }])).toBe(1200)
  expect(needOf([{ ...disk, blobs: [PLAIN] }])).toBe(1200)
})

it('a raw copy on the way needs its space before the layer does', () => {
  expect(needOf([{ ...CONVERTED, packed: true, rawCopy: true }])).toBe(1600)
})

it('a file with holes is as long in a layer that is not compressed as it says', () => {
  expect(needOf([{ converted: true, whole: true, blobs: [PLAIN] }], 9000)).toBe(10_000)
  expect(needOf([{ converted: true, whole: true, blobs: [PACKED] }], 9000)).toBe(1600)
  expect(needOf([{ converted: true, blobs: [PLAIN] }], 9000)).toBe(2000)
})

it('a disk in several blobs is converted once', () => {
  expect(needOf([{ converted: true, blobs: [PLAIN, PACKED] }])).toBe(2600)
})

it('of several disks one at a time is there, beside the one that stays', () => {
  expect(needOf([STAYING, CONVERTED])).toBe(3200)
  expect(needOf([STAYING, CONVERTED, CONVERTED])).toBe(3800)
  expect(needOf([{ converted: false, stays: true, blobs: [PACKED] }, CONVERTED, CONVERTED])).toBe(2800)
  expect(needOf([STAYING, { converted: true, rawCopy: true, blobs: [] }, { converted: false, blobs: [] }])).toBe(3600)
})

it('where only disks are left that go, none of their files is there beside the next', () => {
  expect(needOf([CONVERTED, CONVERTED])).toBe(2200)
  expect(needOf([CONVERTED, CONVERTED, CONVERTED])).toBe(2800)
})

it('a blob in a frame is there twice while it is written', () => {
  expect(needOf([{ converted: false, blobs: [{ compressed: true, framed: true }] }])).toBe(1200)
})

it('a small disk needs less than the assumed content, a large one no more', () => {
  expect(descriptionSpaceNeed([CONVERTED], 1000)).toBe(3600 * MEBIBYTE)
  expect(descriptionSpaceNeed([CONVERTED], 100_000)).toBe(descriptionSpaceNeed([CONVERTED]))
})

it('a description whose disk is read into the layer needs no space for a file of it', () => {
  expect(descriptionSpaceNeed([{ converted: false, blobs: [PACKED] }], 1000)).toBe(2600 * MEBIBYTE)
})

it('a folder that is yet to be made has the space of its parent', async () => {
  expect(await freeBytes('/tmp/not/yet/made')).toBeGreaterThan(0)
})
