import type { Method } from '../../compress/method.ts'
import { chunkSource } from '../../compress/source.ts'
import { compressed } from '../../compress/stream.ts'
import { mediaTypes } from '../manifest.ts'

/** How the layer's tar is compressed; the default level of the algorithm where none is given. */
export interface Compression {
  readonly algorithm: 'gzip' | 'zstd' | 'none'
  readonly level?: number
}

/** gzip(1) and zstd(1) without --ultra. gzip's default takes a third of the time of pigz -6 for a tenth more bytes. */
const LEVELS = {
  gzip: { lowest: 1, highest: 9, default: 1 },
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

/** How the compression is done; undefined for none. */
export function methodOf({ algorithm, level }: Compression): Method | undefined {
  return algorithm === 'none' ? undefined : { algorithm, level: level ?? LEVELS[algorithm].default }
}

/** Bytes that come as a stream, compressed; the same bytes on every machine. */
export async function* compressedChunks(
  chunks: AsyncIterable<Uint8Array>,
  compression: Compression,
  signal?: AbortSignal,
): AsyncIterable<Uint8Array> {
  const method = methodOf(compression)
  if (method === undefined) {
    yield* chunks
    return
  }
  const packed = compressed(chunkSource(chunks), method, signal === undefined ? {} : { signal })
  // Streams ask for the next while they still hold one.
  for await (const chunk of packed) yield new Uint8Array(chunk)
}
