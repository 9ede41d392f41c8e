import { describe, expect, it } from 'vitest'
import { layerMediaType, methodOf, parseCompression } from '../../../src/oci/packing/compression.ts'

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

describe('a compression', () => {
  it('has the default level of its algorithm', () => {
    expect(methodOf({ algorithm: 'gzip' })).toEqual({ algorithm: 'gzip', level: 1 })
    expect(methodOf({ algorithm: 'zstd' })).toEqual({ algorithm: 'zstd', level: 3 })
    expect(methodOf({ algorithm: 'gzip', level: 9 })).toEqual({ algorithm: 'gzip', level: 9 })
  })

  it('is none without an algorithm', () => {
    expect(methodOf({ algorithm: 'none' })).toBeUndefined()
  })

  it('has a media type for each algorithm', () => {
    expect((['gzip', 'zstd', 'none'] as const).map((algorithm) => layerMediaType({ algorithm }))).toEqual([
      'application/vnd.oci.image.layer.v1.tar+gzip',
      'application/vnd.oci.image.layer.v1.tar+zstd',
      'application/vnd.oci.image.layer.v1.tar',
    ])
  })
})
