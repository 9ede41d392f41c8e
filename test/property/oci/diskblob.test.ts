import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtempDisposable, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type DiskBlob, writeDiskBlob } from '../../../src/oci/layer/diskblob.ts'
import type { Extent } from '../../../src/oci/layer/extent.ts'
import { writeSingleFileLayer } from '../../../src/oci/layer/filelayer.ts'
import type { Compression } from '../../../src/oci/packing/compression.ts'

const run = promisify(execFile)
const MIB = 1024 * 1024

const sha256 = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/** Sizes round those that matter to zstd's frames and our chunks, contents from zeros to noise. */
const content = fc
  .record({
    size: fc.oneof(
      { weight: 3, arbitrary: fc.integer({ min: 0, max: 3000 }) },
      { weight: 1, arbitrary: fc.constantFrom(MIB - 1, MIB, MIB + 1, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1, 17 * MIB) },
    ),
    seed: fc.integer(),
    noise: fc.boolean(),
  })
  .map(({ size, seed, noise }) => (noise ? noiseOf(seed, size) : Buffer.alloc(size, `${seed}\0\0\0\0\0\0`)))

const compression: fc.Arbitrary<Compression> = fc.oneof(
  fc.record({ algorithm: fc.constant('zstd' as const), level: fc.integer({ min: 1, max: 7 }) }),
  fc.constant({ algorithm: 'none' as const }),
)

/** Runs of a file, of zeros and of given bytes, as a disk of another format has them. */
const extents = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('data' as const), offset: fc.nat(500), length: fc.nat(500) }),
    fc.record({ kind: fc.constant('zeros' as const), length: fc.nat(2000) }),
    fc.uint8Array({ maxLength: 50 }).map((bytes) => ({ kind: 'bytes' as const, bytes: Buffer.from(bytes) })),
  ),
  { maxLength: 6 },
)

function noiseOf(seed: number, size: number): Buffer {
  const noise = Buffer.alloc(size)
  for (let at = 0; at < size; at++) noise[at] = Math.imul(at + seed, 2_654_435_761) >>> 13
  return noise
}

function bytesOf(disk: Buffer, extent: Extent): Buffer {
  if (extent.kind === 'bytes') return extent.bytes
  return extent.kind === 'zeros'
    ? Buffer.alloc(extent.length)
    : disk.subarray(extent.offset, extent.offset + extent.length)
}

async function inFolder(
  bytes: Buffer,
  use: (paths: { source: string; blobs: string; folder: string }) => Promise<void>,
) {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'oci-'))
  const [source, blobs] = [join(folder.path, 'disk'), join(folder.path, 'blobs')]
  await writeFile(source, bytes)
  await mkdir(blobs)
  await use({ source, blobs, folder: folder.path })
}

/** What zstd(1) finds in a blob. */
async function unpacked(
  blobs: string,
  { digest }: Pick<DiskBlob, 'digest'>,
  { algorithm }: Compression,
): Promise<Buffer> {
  const file = join(blobs, digest.slice(7))
  if (algorithm === 'none') return await readFile(file)
  await run('zstd', ['-dqf', file, '-o', `${file}.out`])
  return await readFile(`${file}.out`)
}

describe('a disk as a blob', () => {
  it('comes back from any content, by any number of threads, under one digest', async () => {
    await fc.assert(
      fc.asyncProperty(content, compression, fc.integer({ min: 2, max: 5 }), async (bytes, method, threads) => {
        await inFolder(bytes, async ({ source, blobs }) => {
          const written = await writeDiskBlob({ source }, { blobs, compression: method, threads })
          expect(await writeDiskBlob({ source }, { blobs, compression: method, threads: 1 })).toEqual(written)
          expect(written.contentDigest).toBe(sha256(bytes))
          expect(written.size).toBe((await stat(join(blobs, written.digest.slice(7)))).size)
          expect(written.digest).toBe(sha256(await readFile(join(blobs, written.digest.slice(7)))))
          expect((await unpacked(blobs, written, method)).equals(bytes)).toBe(true)
        })
      }),
      { numRuns: 25 },
    )
  })

  it('comes back from what its extents say', async () => {
    const disk = noiseOf(7, 1000)
    await fc.assert(
      fc.asyncProperty(extents, compression, async (parts, method) => {
        await inFolder(disk, async ({ source, blobs }) => {
          const written = await writeDiskBlob({ source, content: parts }, { blobs, compression: method })
          const expected = Buffer.concat(parts.map((part) => bytesOf(disk, part)))
          expect((await unpacked(blobs, written, method)).equals(expected)).toBe(true)
          expect(written.contentDigest).toBe(sha256(expected))
        })
      }),
      { numRuns: 25 },
    )
  })
})

describe('a layer of one file', () => {
  it('holds the disk in one entry of its tar, whatever the disk and its name', async () => {
    const name = fc.stringMatching(/^[a-zäö磁][a-zäö磁 ._-]{0,120}\.zst$/)
    await fc.assert(
      fc.asyncProperty(content, name, async (bytes, file) => {
        await inFolder(bytes, async ({ source, blobs, folder }) => {
          const options = { name: file, epochSeconds: 1, blobs, compression: { algorithm: 'zstd' } } as const
          const layer = await writeSingleFileLayer({ source }, options)
          expect(await readdir(blobs)).toEqual([layer.digest.slice(7)])
          const tar = join(blobs, layer.digest.slice(7))
          const env = { ...process.env, LC_ALL: 'C.UTF-8' }
          const { stdout } = await run('tar', ['--quoting-style=literal', '-tf', tar], { env })
          expect(stdout).toBe(`${file}\n`)
          await run('sh', ['-c', 'tar -xOf "$1" | zstd -dq >"$2"', 'sh', tar, join(folder, 'out')])
          expect((await readFile(join(folder, 'out'))).equals(bytes)).toBe(true)
        })
      }),
      { numRuns: 15 },
    )
  })
})
