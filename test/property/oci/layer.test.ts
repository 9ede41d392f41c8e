import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdir, mkdtempDisposable, readFile, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { writeDiskLayer } from '../../../src/oci/layer/layer.ts'
import type { Compression } from '../../../src/oci/packing/compression.ts'

const run = promisify(execFile)
const EPOCH = 1767323045

/** Sizes round those that matter to tar and to our chunks, contents from zeros to noise. */
const content = fc
  .record({
    size: fc.oneof(
      fc.integer({ min: 0, max: 3000 }),
      fc.constantFrom(511, 512, 513, 10_240, 1_048_575, 1_048_576, 1_048_577, 2_097_152, 3_000_000),
    ),
    seed: fc.integer(),
    noise: fc.boolean(),
  })
  .map(({ size, seed, noise }) => (noise ? noiseOf(seed, size) : Buffer.alloc(size, `${seed}\0\0\0\0\0\0`)))

const compression: fc.Arbitrary<Compression> = fc.oneof(
  fc.record({ algorithm: fc.constant('gzip' as const), level: fc.integer({ min: 1, max: 9 }) }),
  fc.record({ algorithm: fc.constant('zstd' as const), level: fc.integer({ min: 1, max: 7 }) }),
  fc.constant({ algorithm: 'none' as const }),
)

const name = fc
  .array(fc.constantFrom('a', 'B', '7', '.', '-', '_', ' ', 'ä', '磁', '💾', '=', '\\', '*', "'", '"'), {
    minLength: 1,
    maxLength: 60,
  })
  .map((characters) => characters.join(''))
  .filter((text) => text !== '.' && text !== '..' && !text.startsWith('.wh.'))
const path = fc.oneof(
  name.map((last) => `/disk/${last}`),
  fc.array(name, { minLength: 1, maxLength: 5 }).map((parts) => `/${parts.join('/')}`),
)

function noiseOf(seed: number, size: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(size / 32) }, (_, at) =>
    createHash('sha256').update(`${seed} ${at}`).digest(),
  )
  return Buffer.concat(blocks).subarray(0, size)
}

async function inLayer(
  bytes: Buffer,
  image: { path: string; compression: Compression; hasBase?: boolean },
  look: (layer: Written) => Promise<void>,
) {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'oci-'))
  const [source, blobs, tree] = ['disk', 'blobs', 'tree'].map((part) => join(folder.path, part)) as [
    string,
    string,
    string,
  ]
  await writeFile(source, bytes)
  await mkdir(blobs)
  await mkdir(tree)
  const options = { compression: image.compression, epochSeconds: EPOCH, blobs, hasBase: image.hasBase ?? false }
  const layer = await writeDiskLayer({ source, path: image.path }, options)
  try {
    await look({ ...layer, blob: join(blobs, layer.digest.slice(7)), tar: join(folder.path, 'tar'), tree })
  } finally {
    // What nobody may write to, only root can remove.
    await run('chmod', ['-R', 'u+w', tree])
  }
}
interface Written {
  readonly digest: string
  readonly diffID: string
  readonly size: number
  readonly blob: string
  readonly tar: string
  readonly tree: string
}

const decompress = { gzip: 'gzip -dc', zstd: 'zstd -dcq', none: 'cat' } as const
const check = { gzip: 'gzip -tv', zstd: 'zstd -tq', none: 'true' } as const
const sha256sum = async (file: string) => `sha256:${(await run('sha256sum', [file])).stdout.slice(0, 64)}`

describe('a layer of any disk', () => {
  it('is unpacked by tar to the same bytes, with mode, owner and time', async () => {
    const isRoot = process.getuid?.() === 0
    await fc.assert(
      fc.asyncProperty(content, path, compression, fc.boolean(), async (bytes, inImage, algorithm, hasBase) => {
        await inLayer(bytes, { path: inImage, compression: algorithm, hasBase }, async ({ blob, tar, tree }) => {
          await run('sh', ['-c', `${decompress[algorithm.algorithm]} < "$1" > "$2"`, 'sh', blob, tar])
          await run('tar', ['--numeric-owner', '-xpf', tar, '-C', tree])
          const file = join(tree, inImage)
          const { mode, uid, gid, mtimeMs } = await stat(file)
          expect((await readFile(file)).equals(bytes)).toBe(true)
          expect([mode & 0o7777, mtimeMs]).toEqual([0o444, EPOCH * 1000])
          if (isRoot) expect([uid, gid]).toEqual([107, 107])
          const entries = (await run('tar', ['--numeric-owner', '--quoting-style=literal', '-tf', tar])).stdout
          expect(entries.startsWith('/')).toBe(false)
        })
      }),
      { numRuns: 40 },
    )
  })

  it('has the digests that sha256sum finds, and is accepted by gzip -t and zstd -t', async () => {
    await fc.assert(
      fc.asyncProperty(content, compression, async (bytes, algorithm) => {
        await inLayer(
          bytes,
          { path: '/disk/x', compression: algorithm },
          async ({ blob, tar, digest, diffID, size }) => {
            await run('sh', [
              '-c',
              `${check[algorithm.algorithm]} < "$1" && ${decompress[algorithm.algorithm]} < "$1" > "$2"`,
              'sh',
              blob,
              tar,
            ])
            expect([await sha256sum(blob), await sha256sum(tar)]).toEqual([digest, diffID])
            expect((await stat(blob)).size).toBe(size)
            expect((await stat(tar)).size % 512).toBe(0)
          },
        )
      }),
      { numRuns: 40 },
    )
  })
})
