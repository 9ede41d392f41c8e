import { mkdir, readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { runCommand } from '../../../src/command.ts'
import { DISK_FORMAT_NAMES, DISK_FORMATS, type DiskFormat } from '../../../src/disk/format.ts'
import { fileDigest } from '../../../src/oci/digest.ts'
import { diskFolder, noise } from '../../support/rawdisk.ts'

const SECTOR = 512
const SECTORS = 6144

/** Sizes round blocks of the formats, with pieces of noise, text or zeros anywhere. */
const disk = fc
  .record({
    sectors: fc.oneof(fc.integer({ min: 1, max: SECTORS }), fc.constantFrom(1, 127, 128, 129, 2047, 2048, 2049, 4096)),
    pieces: fc.array(
      fc.record({
        sector: fc.integer({ min: 0, max: SECTORS - 1 }),
        length: fc.integer({ min: 1, max: 200_000 }),
        kind: fc.constantFrom('noise', 'text', 'zeros'),
      }),
      { maxLength: 5 },
    ),
  })
  .map(({ sectors, pieces }) => ({
    sizeBytes: sectors * SECTOR,
    pieces: pieces
      .map(({ sector, length, kind }) => {
        const at = (sector % sectors) * SECTOR
        const fitting = Math.min(length, sectors * SECTOR - at)
        const bytes = kind === 'noise' ? noise(fitting, length) : Buffer.alloc(fitting, kind === 'text' ? 'text ' : 0)
        return { at, bytes }
      })
      .filter(({ bytes }) => bytes.length > 0),
  }))

type Folder = Awaited<ReturnType<typeof diskFolder>>

/** The disk in the file as tar and qemu-img read it: a file and its format. */
async function inside(folder: Folder, format: DiskFormat, file: string): Promise<readonly [string, string]> {
  const parts = folder.at('parts')
  if (format !== 'gce' && format !== 'ova') return [file, DISK_FORMATS[format].driver]
  await mkdir(parts)
  await runCommand('tar', ['-xf', file, '-C', parts])
  return format === 'gce' ? [`${parts}/disk.raw`, 'raw'] : [`${parts}/made.vmdk`, 'vmdk']
}

describe.each(DISK_FORMAT_NAMES)('any disk in the format %s', (format) => {
  it('is what it was, with zeros up to the size that is told, whatever it holds', async () => {
    await fc.assert(
      fc.asyncProperty(disk, async ({ sizeBytes, pieces }) => {
        await using folder = await diskFolder(sizeBytes, pieces)
        const made = await folder.convert(format)
        const [file, driver] = await inside(folder, format, made.file)
        const raw = await readFile(folder.disk)
        // The end of a whole GiB is no matter of its content.
        const compared = ['compare', '-f', 'raw', '-F', driver, folder.disk, file]
        expect((await runCommand('qemu-img', compared)).stdout.toString()).toContain('Images are identical')
        const info = await runCommand('qemu-img', ['info', '--output=json', '-f', driver, file])
        expect(JSON.parse(info.stdout.toString())['virtual-size']).toBe(made.virtualSizeBytes)
        expect(made.virtualSizeBytes).toBeGreaterThanOrEqual(raw.length)
      }),
      { numRuns: 6 },
    )
  })

  it('is the same bytes with its holes and without', async () => {
    await fc.assert(
      fc.asyncProperty(disk, async ({ sizeBytes, pieces }) => {
        await using sparse = await diskFolder(sizeBytes, pieces)
        await using full = await diskFolder(sizeBytes, pieces, false)
        const one = await fileDigest((await sparse.convert(format)).file)
        expect(await fileDigest((await full.convert(format)).file)).toEqual(one)
      }),
      { numRuns: 6 },
    )
  })
})
