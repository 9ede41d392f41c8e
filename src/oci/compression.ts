import { type Duplex, PassThrough } from 'node:stream'
import { constants, createGzip, createZstdCompress } from 'node:zlib'
import { mediaTypes } from './manifest.ts'

/** How the layer's tar is compressed; the default level of the algorithm where none is given. */
export interface Compression {
  readonly algorithm: 'gzip' | 'zstd' | 'none'
  readonly level?: number
}

const CHUNK_BYTES = 1024 * 1024

/** gzip(1) and zstd(1) without --ultra. */
const LEVELS = {
  gzip: { lowest: 1, highest: 9, default: 6 },
  zstd: { lowest: 1, highest: 19, default: 3 },
} as const

/**
 * The compression that `gzip`, `zstd` or `none`, optionally `:LEVEL`, asks for.
 *
 * @returns the compression, or one sentence with the problem and what to write
 */
export function parseCompression(text: string): Compression | string {
  const colon = text.indexOf(':')
  const algorithm = colon < 0 ? text : text.slice(0, colon)
  const level = colon < 0 ? undefined : text.slice(colon + 1)
  if (algorithm !== 'gzip' && algorithm !== 'zstd' && algorithm !== 'none') {
    return `${JSON.stringify(text)} is not a compression: write gzip, zstd or none, or gzip:LEVEL or zstd:LEVEL`
  }
  if (level === undefined) return { algorithm }
  if (algorithm === 'none') return 'none takes no level: write none'
  const { lowest, highest } = LEVELS[algorithm]
  const number = /^[0-9]{1,2}$/.test(level) ? Number(level) : Number.NaN
  if (!(number >= lowest && number <= highest)) {
    return `${JSON.stringify(level)} is not a level of ${algorithm}: write a number from ${lowest} to ${highest}`
  }
  return { algorithm, level: number }
}

/** Media type of a layer so compressed; image-spec layer.md. */
export function layerMediaType(compression: Compression): string {
  return { gzip: mediaTypes.layerGzip, zstd: mediaTypes.layerZstd, none: mediaTypes.layer }[compression.algorithm]
}

/**
 * A stream that takes the tar and gives the blob: one gzip member without name and time, or one zstd frame. Some
 * readers stop after the first member.
 */
export function compressor(compression: Compression): Duplex {
  const buffers = { highWaterMark: CHUNK_BYTES, chunkSize: CHUNK_BYTES / 4 }
  switch (compression.algorithm) {
    case 'gzip':
      return createGzip({ ...buffers, level: compression.level ?? LEVELS.gzip.default })
    case 'zstd': {
      const level = compression.level ?? LEVELS.zstd.default
      const params = { [constants.ZSTD_c_compressionLevel]: level, [constants.ZSTD_c_checksumFlag]: 1 }
      return createZstdCompress({ ...buffers, params })
    }
    case 'none':
      return new PassThrough({ highWaterMark: CHUNK_BYTES })
  }
}
