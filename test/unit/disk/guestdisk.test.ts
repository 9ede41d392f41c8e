import { expect, it } from 'vitest'
import { boundedDisk } from '../../../src/disk/guest/boundeddisk.ts'
import { diskPart } from '../../../src/disk/guest/guestdisk.ts'
import { memoryDisk } from '../../support/machinedisk.ts'
import { noise } from '../../support/rawdisk.ts'

const BYTES = noise(600_000, 7)

it('a part of a disk is read from its own start, and no further than it goes', async () => {
  const part = diskPart(memoryDisk(BYTES), { offset: 1000, length: 500 })
  expect(await part.read(10, 20)).toEqual(BYTES.subarray(1010, 1030))
  expect(await part.read(490, 10)).toEqual(BYTES.subarray(1490, 1500))
  expect(await part.read(491, 10)).toBeUndefined()
  expect(await part.read(-1, 10)).toBeUndefined()
  expect(await part.read(2 ** 60, 1)).toBeUndefined()
})

it('a part that is said to be longer than the disk ends with it, and one behind its end is empty', () => {
  const disk = memoryDisk(BYTES)
  expect(diskPart(disk, { offset: 599_000, length: 5000 }).sizeBytes).toBe(1000)
  expect(diskPart(disk, { offset: 2 ** 70, length: 5000 }).sizeBytes).toBe(0)
})

it('a bounded disk gives what the disk has across the borders of its windows, and reads each once', async () => {
  const disk = memoryDisk(BYTES)
  const bounded = boundedDisk(disk)
  expect(await bounded.read(262_000, 300_000)).toEqual(BYTES.subarray(262_000, 562_000))
  expect(await bounded.read(599_999, 1)).toEqual(BYTES.subarray(599_999))
  expect(await bounded.read(599_999, 2)).toBeUndefined()
  expect(disk.reads()).toBe(3)
  expect(bounded.isSpent()).toBe(false)
})
