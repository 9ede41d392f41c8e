import { expect, it } from 'vitest'
import { descriptionSpaceNeed, diskSpaceNeed, freeBytes, spaceProblem } from '../../../src/host/space.ts'

const GIGABYTE = 1e9
const MEBIBYTE = 1024 ** 2
const WRITTEN = { converted: true, compressed: true }

it('the message has need and have in GB, and what to do', () => {
  expect(spaceProblem(6.31 * GIGABYTE, 1.99 * GIGABYTE, '/work')?.message).toBe(
    'not enough space in /work: about 6.4 GB are needed, 1.9 GB are free: free some, or set work-dir to a folder on a larger file system',
  )
})

it('enough space is no problem, to the byte', () => {
  expect(spaceProblem(5, 5, '/work')).toBeUndefined()
})

it('a disk that is wrapped as it is needs its layer only', () => {
  expect(diskSpaceNeed({ contentBytes: 1000, converted: false, compressed: true })).toBe(600)
  expect(diskSpaceNeed({ contentBytes: 1000, converted: false, compressed: false })).toBe(1000)
})

it('a conversion writes the disk once more', () => {
  expect(diskSpaceNeed({ contentBytes: 1000, converted: true, compressed: true })).toBe(1600)
})

it('a format that is packed takes the packed size twice, compressed or not', () => {
  const facts = { contentBytes: 1000, converted: true, packed: true }
  expect(diskSpaceNeed({ ...facts, compressed: true })).toBe(1200)
  expect(diskSpaceNeed({ ...facts, compressed: false })).toBe(1200)
})

it('a raw copy on the way needs its space before the layer does', () => {
  expect(diskSpaceNeed({ contentBytes: 1000, converted: true, compressed: true, packed: true, rawCopy: true })).toBe(
    1600,
  )
})

it('a file with holes is as long in a layer that is not compressed as it says', () => {
  const facts = { contentBytes: 1000, converted: true, lengthBytes: 9000 }
  expect(diskSpaceNeed({ ...facts, compressed: false })).toBe(10_000)
  expect(diskSpaceNeed({ ...facts, compressed: true })).toBe(1600)
})

it('a small disk needs less than the assumed content, a large one no more', () => {
  expect(descriptionSpaceNeed(WRITTEN, 1000)).toBe(3600 * MEBIBYTE)
  expect(descriptionSpaceNeed(WRITTEN, 100_000)).toBe(descriptionSpaceNeed(WRITTEN))
})

it('a description whose disk is read into the layer needs no space for a file of it', () => {
  expect(descriptionSpaceNeed({ converted: false, compressed: true }, 1000)).toBe(2600 * MEBIBYTE)
})

it('a folder that is yet to be made has the space of its parent', async () => {
  expect(await freeBytes('/tmp/not/yet/made')).toBeGreaterThan(0)
})
