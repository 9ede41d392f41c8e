import { mkdtempDisposable, open, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runCommand } from '../../../src/command.ts'
import { type DiskContent, qcow2Content, rawContent } from '../../../src/disk/content.ts'

const SECTOR = 512
const CLUSTER = 64 * 1024

/** Disks of some clusters, with runs of data, of written zeros, and holes, at any sector. */
const runs = fc.array(
  fc.record({
    sector: fc.nat(2000),
    sectors: fc.integer({ min: 1, max: 300 }),
    fill: fc.constantFrom(0, 1, 255),
  }),
  { maxLength: 8 },
)
const sectors = fc.oneof(fc.integer({ min: 1, max: 2300 }), fc.constantFrom(1, 127, 128, 129, 1024, 8192 * 128 + 1))

async function disk(
  folder: string,
  size: number,
  written: readonly { sector: number; sectors: number; fill: number }[],
) {
  const path = join(folder, 'disk.raw')
  await writeFile(path, '')
  await truncate(path, size)
  await using file = await open(path, 'r+')
  for (const { sector, sectors: count, fill } of written) {
    const [from, to] = [sector * SECTOR, Math.min(size, (sector + count) * SECTOR)]
    if (to > from) await file.write(Buffer.alloc(to - from, fill), 0, to - from, from)
  }
  return path
}

/** Writes the content as a file, as the layer would hold it. */
async function fileOf(content: DiskContent, source: string, target: string): Promise<void> {
  await using from = await open(source, 'r')
  await using to = await open(target, 'w')
  for (const extent of content.extents) {
    if (extent.kind === 'data') {
      const bytes = Buffer.alloc(extent.length)
      expect((await from.read(bytes, 0, extent.length, extent.offset)).bytesRead).toBe(extent.length)
      await to.write(bytes)
    } else await to.write(extent.kind === 'bytes' ? extent.bytes : Buffer.alloc(extent.length))
  }
}

async function withDisk(
  size: number,
  written: Parameters<typeof disk>[2],
  look: (path: string, target: string) => Promise<void>,
) {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'disk-'))
  await look(await disk(folder.path, size, written), join(folder.path, 'target'))
}

const qemuImg = (...args: string[]) => runCommand('qemu-img', args)

describe('a raw disk read as a qcow2', () => {
  it('is accepted by qemu-img check and compare, whatever it holds and wherever its holes are', async () => {
    await fc.assert(
      fc.asyncProperty(sectors, runs, async (count, written) => {
        await withDisk(count * SECTOR, written, async (path, target) => {
          const content = await qcow2Content(path, count * SECTOR)
          await fileOf(content, path, target)
          expect((await stat(target)).size).toBe(content.sizeBytes)
          const { stdout } = await qemuImg('check', '--output=json', '-f', 'qcow2', target)
          expect(JSON.parse(stdout.toString())).not.toMatchObject({ leaks: expect.anything() })
          await qemuImg('compare', '-f', 'raw', '-F', 'qcow2', path, target)
        })
      }),
      { numRuns: 40 },
    )
  })

  it('holds no cluster of zeros, be it a hole or written', async () => {
    const written = [
      { sector: 0, sectors: 256, fill: 0 },
      { sector: 300, sectors: 1, fill: 7 },
    ]
    await withDisk(40 * CLUSTER, written, async (path) => {
      const { extents } = await qcow2Content(path, 40 * CLUSTER)
      expect(extents.slice(1)).toEqual([{ kind: 'data', offset: 2 * CLUSTER, length: CLUSTER }])
    })
  })

  it('is the same for the same bytes with and without holes', async () => {
    const written = [{ sector: 128, sectors: 200, fill: 3 }]
    await withDisk(20 * CLUSTER, written, async (sparse) => {
      await withDisk(20 * CLUSTER, [{ sector: 0, sectors: 20 * 128, fill: 0 }, ...written], async (full) => {
        expect(await qcow2Content(sparse, 20 * CLUSTER)).toEqual(await qcow2Content(full, 20 * CLUSTER))
      })
    })
  })

  it('has tables for a disk of a terabyte without reading its holes', async () => {
    const size = 2 ** 40
    await withDisk(size, [{ sector: 2000, sectors: 1, fill: 1 }], async (path, target) => {
      const content = await qcow2Content(path, size)
      await fileOf(content, path, target)
      await qemuImg('check', '-f', 'qcow2', target)
      const { stdout } = await qemuImg('info', '--output=json', target)
      expect(JSON.parse(stdout.toString())).toMatchObject({ 'virtual-size': size })
      await rm(target)
    })
  })
})

describe('a raw disk that became shorter', () => {
  it.each([
    ['qcow2', qcow2Content],
    ['raw', rawContent],
  ] as const)('is an error, and not taken for one with a hole at its end, as %s', async (_, content) => {
    await withDisk(20 * CLUSTER, [{ sector: 0, sectors: 20 * 128, fill: 1 }], async (path) => {
      await truncate(path, 10 * CLUSTER)
      await expect(content(path, 20 * CLUSTER)).rejects.toThrow('changed while it was read')
    })
  })
})

describe('a raw disk read as it is', () => {
  it('has the bytes of the file', async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 2300 }), runs, async (count, written) => {
        await withDisk(count * SECTOR, written, async (path, target) => {
          await fileOf(await rawContent(path, count * SECTOR), path, target)
          expect((await readFile(target)).equals(await readFile(path))).toBe(true)
        })
      }),
      { numRuns: 30 },
    )
  })

  it('is not read where it has holes', async () => {
    await withDisk(2 ** 33, [{ sector: 1000, sectors: 8, fill: 1 }], async (path) => {
      const { extents } = await rawContent(path, 2 ** 33)
      const read = extents.reduce((total, extent) => total + (extent.kind === 'data' ? extent.length : 0), 0)
      expect(read).toBeLessThan(1024 * 1024)
    })
  })
})
