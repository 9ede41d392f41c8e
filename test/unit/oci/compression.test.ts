import { buffer } from 'node:stream/consumers'
import { gunzipSync, zstdDecompressSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { type Compression, compressor, layerMediaType, parseCompression } from '../../../src/oci/compression.ts'

const compressed = async (compression: Compression, bytes: Buffer) => {
  const stream = compressor(compression)
  stream.end(bytes)
  return await buffer(stream)
}

describe('parseCompression', () => {
  it.each([
    ['gzip', { algorithm: 'gzip' }],
    ['gzip:9', { algorithm: 'gzip', level: 9 }],
    ['zstd', { algorithm: 'zstd' }],
    ['zstd:19', { algorithm: 'zstd', level: 19 }],
    ['none', { algorithm: 'none' }],
  ])('reads %s', (text, compression) => {
    expect(parseCompression(text)).toEqual(compression)
  })

  it.each([
    '',
    'xz',
    'GZIP',
    'gzip:',
    'gzip:0',
    'gzip:10',
    'gzip:1.5',
    'gzip:-1',
    'gzip:1:2',
    'zstd:0',
    'zstd:20',
    'zstd: 3',
  ])('answers %j with one sentence', (text) => {
    expect(parseCompression(text)).toMatch(/^"[^"]*" is not .*: write /)
  })

  it('knows no level of none', () => {
    expect(parseCompression('none:1')).toBe('none takes no level: write none')
  })
})

describe('compressor', () => {
  const content = Buffer.from('a disk '.repeat(100_000))

  it('writes one gzip member without name and time', async () => {
    const bytes = await compressed({ algorithm: 'gzip' }, content)
    expect(bytes.subarray(0, 8).toString('hex')).toBe('1f8b080000000000')
    expect(gunzipSync(bytes).equals(content)).toBe(true)
  })

  it('writes one zstd frame with a checksum', async () => {
    const bytes = await compressed({ algorithm: 'zstd' }, content)
    expect(bytes.subarray(0, 4).toString('hex')).toBe('28b52ffd')
    expect((bytes[4] ?? 0) & 4).toBe(4)
    expect(zstdDecompressSync(bytes).equals(content)).toBe(true)
  })

  it('passes the tar on as it is for none', async () => {
    expect((await compressed({ algorithm: 'none' }, content)).equals(content)).toBe(true)
  })

  it('listens to the level', async () => {
    const [fast, small] = [
      await compressed({ algorithm: 'gzip', level: 1 }, content),
      await compressed({ algorithm: 'gzip', level: 9 }, content),
    ]
    expect(small.length).toBeLessThan(fast.length)
  })

  it('has a media type for each algorithm', () => {
    expect((['gzip', 'zstd', 'none'] as const).map((algorithm) => layerMediaType({ algorithm }))).toEqual([
      'application/vnd.oci.image.layer.v1.tar+gzip',
      'application/vnd.oci.image.layer.v1.tar+zstd',
      'application/vnd.oci.image.layer.v1.tar',
    ])
  })
})
