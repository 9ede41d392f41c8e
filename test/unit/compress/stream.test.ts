import { createHash } from 'node:crypto'
import { buffer } from 'node:stream/consumers'
import { gunzipSync, inflateRawSync, zstdDecompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import type { Method } from '../../../src/compress/method.ts'
import { compressed } from '../../../src/compress/stream.ts'
import { zstdFrameChunks } from '../../../src/oci/packing/zstdframes.ts'
import { bytesSource } from '../../support/bytesource.ts'

const MIB = 1024 * 1024
const TEXT = Buffer.concat(
  Array.from({ length: 40_000 }, (_, line) => Buffer.from(`${line} of a disk with ${(line * 7919) % 1009} words\n`)),
)

const packed = async (bytes: Buffer, method: Method, threads = 2) => {
  const chunks = compressed(bytesSource(bytes), method, { threads })
  return Buffer.concat(await Array.fromAsync(chunks, (chunk) => Buffer.from(chunk)))
}

async function unpackedFrames(bytes: Buffer): Promise<Buffer> {
  const frames: Buffer[] = []
  for await (const chunk of zstdFrameChunks(
    (async function* () {
      yield bytes
    })(),
  ))
    frames.push(zstdDecompressSync(chunk))
  return Buffer.concat(frames)
}

describe('bytes compressed as gzip', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8, 9])('come back from level %i', async (level) => {
    expect(gunzipSync(await packed(TEXT, { algorithm: 'gzip', level })).equals(TEXT)).toBe(true)
  })

  it('are one member without name and time, which a reader that stops after the first has read whole', async () => {
    const bytes = await packed(Buffer.concat([TEXT, TEXT, TEXT]), { algorithm: 'gzip', level: 1 })
    expect(bytes.subarray(0, 10).toString('hex')).toBe('1f8b08000000000000ff')
    const { buffer: content, engine } = inflateRawSync(bytes.subarray(10), { info: true }) as unknown as {
      buffer: Buffer
      engine: { bytesWritten: number }
    }
    expect(content.equals(Buffer.concat([TEXT, TEXT, TEXT]))).toBe(true)
    expect(engine.bytesWritten).toBe(bytes.length - 10 - 8)
  })

  it('get smaller with the level', async () => {
    const sizes = []
    for (const level of [1, 2, 4, 6]) sizes.push((await packed(TEXT, { algorithm: 'gzip', level })).length)
    expect(sizes).toEqual([...sizes].sort((a, b) => b - a))
  })

  // What wasm/ makes of these bytes on any machine: whoever changes it changes the digests of all images.
  it.each([
    [1, '3e118aa7bdee0506b07535ca0269e2856937e39fe2792e5d18dd5c2fc847baea'],
    [6, '718862405d110604d1ecffc8040026e6625fa7d8a8c3f25c6afc2dea87620aff'],
  ])('are these at level %i, on every machine', async (level, digest) => {
    const bytes = await packed(TEXT, { algorithm: 'gzip', level })
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(digest)
  })
})

describe('bytes compressed as zstd', () => {
  it.each([1, 3, 19])('come back from level %i', async (level) => {
    expect((await unpackedFrames(await packed(TEXT, { algorithm: 'zstd', level }))).equals(TEXT)).toBe(true)
  })

  it('are frames with a checksum', async () => {
    const bytes = await packed(TEXT, { algorithm: 'zstd', level: 3 })
    expect(bytes.subarray(0, 4).toString('hex')).toBe('28b52ffd')
    expect((bytes[4] ?? 0) & 4).toBe(4)
  })
})

describe.each(['gzip', 'zstd'] as const)('any bytes compressed as %s', (algorithm) => {
  const method: Method = { algorithm, level: 1 }
  const unpacked = async (bytes: Buffer) => (algorithm === 'gzip' ? gunzipSync(bytes) : await unpackedFrames(bytes))

  it('are the same for any number of threads', async () => {
    const bytes = Buffer.concat([TEXT, Buffer.alloc(9 * MIB), TEXT, TEXT])
    const [one, two, four] = [
      await packed(bytes, method, 1),
      await packed(bytes, method, 2),
      await packed(bytes, method, 4),
    ]
    expect([two?.equals(one as Buffer), four?.equals(one as Buffer)]).toEqual([true, true])
  })

  it.each([0, 1, MIB - 1, MIB, MIB + 1, 8 * MIB, 8 * MIB + 1])(
    'come back whole where they are %i zeros',
    async (length) => {
      const bytes = Buffer.alloc(length)
      expect((await unpacked(await packed(bytes, method))).equals(bytes)).toBe(true)
    },
  )

  it('come back where pieces of zeros stand between others', async () => {
    const bytes = Buffer.concat([
      TEXT.subarray(0, MIB),
      Buffer.alloc(20 * MIB),
      TEXT.subarray(0, MIB),
      Buffer.alloc(5 * MIB),
    ])
    expect((await unpacked(await packed(bytes, method))).equals(bytes)).toBe(true)
  })

  it('end with what the source throws', async () => {
    let calls = 0
    const source = {
      fill: async (target: Buffer) => {
        if (++calls > 3) throw new Error('the source broke')
        return target.length
      },
    }
    await expect(buffer(compressed(source, method, { threads: 2 }))).rejects.toThrow('the source broke')
  })

  it('end after an abort', async () => {
    const controller = new AbortController()
    const source = {
      fill: async (target: Buffer) => {
        controller.abort()
        return target.length
      },
    }
    await expect(buffer(compressed(source, method, { threads: 2, signal: controller.signal }))).rejects.toThrow(
      expect.objectContaining({ name: 'AbortError' }),
    )
  })
})
