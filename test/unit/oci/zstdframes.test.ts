import { zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { zstdFrameChunks } from '../../../src/oci/packing/zstdframes.ts'

const SKIPPABLE = Buffer.from('502a4d180400000061626364', 'hex')
const EMPTY_SKIPPABLE = Buffer.from('5f2a4d1800000000', 'hex')

async function* inPieces(bytes: Buffer, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}
const chunksOf = async (bytes: Buffer, size = bytes.length) =>
  await Array.fromAsync(zstdFrameChunks(inPieces(bytes, size)))

describe('zstdFrameChunks', () => {
  const frames = [
    zstdCompressSync('one'),
    SKIPPABLE,
    zstdCompressSync(Buffer.alloc(300_000, 'two')),
    EMPTY_SKIPPABLE,
    zstdCompressSync(''),
  ]

  it('gives each frame of one chunk its own', async () => {
    expect(await chunksOf(Buffer.concat(frames))).toEqual(frames)
  })

  it.each([1, 2, 3, 5, 13])('loses nothing when the source comes in pieces of %i', async (size) => {
    const bytes = Buffer.concat(frames)
    expect(Buffer.concat(await chunksOf(bytes, size)).equals(bytes)).toBe(true)
  })

  it('follows frames with large contents', async () => {
    const content = Buffer.from(Array.from({ length: 400_000 }, (_, at) => (at * at) % 251))
    const [chunk, ...more] = await chunksOf(Buffer.concat([zstdCompressSync(content), zstdCompressSync('next')]))
    expect(more).toHaveLength(1)
    expect(zstdDecompressSync(chunk ?? Buffer.alloc(0)).equals(content)).toBe(true)
  })

  it('notices a cut frame', async () => {
    await expect(chunksOf(zstdCompressSync('one').subarray(0, -1))).rejects.toThrow('cut')
    await expect(chunksOf(SKIPPABLE.subarray(0, 3))).rejects.toThrow('cut')
  })

  it('notices what is no frame', async () => {
    await expect(chunksOf(Buffer.concat([zstdCompressSync('one'), Buffer.from('garbage')]))).rejects.toThrow(
      'no zstd frame',
    )
  })
})
