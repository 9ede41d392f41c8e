import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { architectureOf } from '../../../src/disk/architecture.ts'
import { efiLoaders } from '../../../src/disk/guest/efiloader.ts'
import { AA64, type DiskSpec, machineDisk, memoryDisk, X64 } from '../../support/machinedisk.ts'

const BLOCK = 512
const MEBIBYTE = 1 << 20
/** What is read of any disk, at most: 64 windows. */
const MOST_READS = 64

/** Disks in memory, whose blocks that hold anything are known. */
async function realDisk(spec: DiskSpec) {
  await using disk = await machineDisk(spec)
  const content = await readFile(disk.file)
  const zeros = Buffer.alloc(BLOCK)
  const used = Array.from({ length: content.length / BLOCK }, (_, index) => index * BLOCK).filter(
    (at) => !content.subarray(at, at + BLOCK).equals(zeros),
  )
  return { content, used }
}

/** Looks at bytes of any kind: what comes of it has the right shape, and costs no more than it may. */
async function looked(content: Buffer) {
  const disk = memoryDisk(content)
  const found = await architectureOf(disk)
  expect(disk.reads()).toBeLessThanOrEqual(MOST_READS)
  if (found !== undefined) expect(found.architectures.length).toBeGreaterThan(0)
  return found
}

const files = { 'EFI/BOOT/BOOTX64.EFI': X64, 'EFI/BOOT/BootLoongArch64.efi': AA64, 'EFI/BOOT/other file.efi': AA64 }
/** A master boot record has no checksum: whatever changes behind it is read. */
const SPECS: readonly (readonly [string, DiskSpec])[] = [
  ['FAT12', { label: 'dos', partitions: [{ type: 'ef', fat: 12, files }] }],
  ['FAT16', { label: 'dos', partitions: [{ type: 'ef', fat: 16, mebibytes: 8, clusterSectors: 1, files }] }],
  ['FAT32', { label: 'dos', partitions: [{ type: 'ef', fat: 32, mebibytes: 36, clusterSectors: 1, files }] }],
  ['GPT', { partitions: [{ type: 'U', fat: 12, files }, { type: '21686148-6449-6E6F-744E-656564454649' }] }],
]

/** A byte, or a number of two or four, somewhere in a block that is used. */
const changes = fc.array(
  fc.record({
    block: fc.nat(),
    at: fc.nat(BLOCK - 4),
    bytes: fc.oneof(
      fc.uint8Array({ minLength: 1, maxLength: 4 }),
      fc.constantFrom(Uint8Array.of(0xff, 0xff, 0xff, 0xff), Uint8Array.of(2, 0), Uint8Array.of(0, 0, 0, 0)),
    ),
  }),
  { minLength: 1, maxLength: 6 },
)

describe('a disk', () => {
  it('of any bytes says something or nothing', async () => {
    const bytes = fc.uint8Array({ minLength: 0, maxLength: 8192 })
    await fc.assert(
      fc.asyncProperty(bytes, async (content) => void (await looked(Buffer.from(content)))),
      { numRuns: 300 },
    )
  })

  it('of any bytes under a partition table says something or nothing', async () => {
    const entry = fc
      .uint8Array({ minLength: 16, maxLength: 16 })
      .map((bytes) => Uint8Array.from([0, ...bytes.slice(1)]))
    const entries = fc.array(entry, { minLength: 4, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(entries, fc.uint8Array({ maxLength: 4096 }), async (table, content) => {
        const disk = Buffer.concat([Buffer.alloc(446), ...table, Buffer.from('55aa', 'hex'), content])
        await looked(disk)
      }),
      { numRuns: 300 },
    )
  })

  it.each(SPECS)('with a %s says what it says whole, wherever it is damaged something or nothing', async (_, spec) => {
    const { content, used } = await realDisk(spec)
    expect(await looked(content)).toMatchObject({ architectures: ['amd64'] })
    await fc.assert(
      fc.asyncProperty(changes, async (list) => {
        const undo: (() => void)[] = []
        for (const { block, at, bytes } of list) {
          const place = (used[block % used.length] ?? 0) + at
          const before = Buffer.from(content.subarray(place, place + bytes.length))
          undo.unshift(() => content.set(before, place))
          content.set(bytes, place)
        }
        await looked(content).finally(() => {
          for (const back of undo) back()
        })
      }),
      { numRuns: 500 },
    )
    expect(await looked(content)).toMatchObject({ architectures: ['amd64'] })
  })

  it.each(SPECS)('with a %s that ends early says something or nothing', async (_, spec) => {
    const { content } = await realDisk(spec)
    const lengths = fc.oneof(fc.nat(content.length), fc.nat(2 * MEBIBYTE))
    await fc.assert(
      fc.asyncProperty(lengths, async (length) => void (await looked(content.subarray(0, length)))),
      { numRuns: 100 },
    )
  })
})

describe('a folder without end', () => {
  it.each([
    ['FAT16', { fat: 16, mebibytes: 8, clusterSectors: 1 }],
    ['FAT32', { fat: 32, mebibytes: 36, clusterSectors: 1 }],
  ] as const)('in a %s that leads back to itself says nothing', async (_, kind) => {
    const loader = { 'EFI/BOOT/BOOTX64.EFI': X64 }
    const { content } = await realDisk({ label: 'dos', partitions: [{ type: 'ef', ...kind, files: loader }] })
    const volume = content.subarray(MEBIBYTE)
    expect(await efiLoaders(memoryDisk(volume))).toHaveLength(1)
    const entryBytes = kind.fat / 8
    const table = volume.readUInt16LE(14) * BLOCK
    for (let cluster = 2; cluster < 200; cluster += 1) {
      volume.writeUIntLE(cluster, table + cluster * entryBytes, entryBytes)
    }
    // Deleted entries, where the end of the folder was.
    for (let at = volume.indexOf('.          '); at !== -1; at = volume.indexOf('.          ', at + BLOCK)) {
      for (let entry = at; entry < at + BLOCK; entry += 32) {
        if (volume[entry] === 0) volume[entry] = 0xe5
      }
    }
    expect(await efiLoaders(memoryDisk(volume))).toEqual([])
  })

  it('that is spread over the disk is given up, and then nothing else counts', async () => {
    const loader = { 'EFI/BOOT/BOOTX64.EFI': X64 }
    const system = { type: 'ef', fat: 32, mebibytes: 36, clusterSectors: 1, files: loader } as const
    const partitions = [system, { type: '41' }]
    const { content } = await realDisk({ label: 'dos', partitions })
    const volume = content.subarray(MEBIBYTE)
    const table = volume.readUInt16LE(14) * BLOCK
    const data = table + volume.readUInt32LE(36) * volume.readUInt8(16) * BLOCK
    // From the root on, half a MiB further each time, in folders of deleted entries.
    for (let cluster = 2; data + cluster * BLOCK < 35 * MEBIBYTE; cluster += 1024) {
      volume.writeUInt32LE(cluster + 1024, table + cluster * 4)
      for (let at = 0; at < BLOCK; at += 32) volume[data + (cluster - 2) * BLOCK + at] = 0xe5
    }
    const disk = memoryDisk(content)
    expect(await architectureOf(disk)).toBeUndefined()
    expect(disk.reads()).toBe(MOST_READS)
  })
})
