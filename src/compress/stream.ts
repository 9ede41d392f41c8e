import { availableParallelism } from 'node:os'
import type { CompressedPiece, Compressor } from './compressor.ts'
import { DeflatePool } from './deflatepool.ts'
import type { Method } from './method.ts'
import { PieceReader, ZeroPieces } from './pieces.ts'
import type { ByteSource } from './source.ts'
import { ZstdCompressor } from './zstdcompressor.ts'

const MIB = 1024 * 1024
/** One thread reads and hashes for all of them, so more would wait; and each takes 14 MB, of 200 for the whole program. */
const MOST_THREADS = 6
/** deflate looks back no further; RFC 1951, section 2. */
const WINDOW_BYTES = 32 * 1024
/**
 * Pieces are compressed apart, so their size is part of what the result is, and the number of threads is not. gzip's see
 * what came before them. zstd's are frames of their own, so large that together they are no longer than what `zstd -T0` writes.
 */
const PIECES = {
  gzip: { bytes: MIB, history: WINDOW_BYTES },
  zstd: { bytes: 8 * MIB, history: 0 },
} as const

/** No name, no time, no system: RFC 1952, section 2.3. */
const GZIP_HEADER = Buffer.from('1f8b08000000000000ff', 'hex')
/** An empty last block with fixed codes: RFC 1951, section 3.2.6. */
const LAST_BLOCK = Buffer.from('0300', 'hex')

/**
 * The bytes of a source compressed by several threads: one gzip member, or zstd frames. The same bytes give the same
 * result for any number of threads. What is given lasts until the next is asked for.
 *
 * @param options.threads at least 1; as many as the machine has processors, at most six, where left out
 * @throws what the source throws; AbortError after `signal`
 */
export async function* compressed(
  source: ByteSource,
  method: Method,
  options: { readonly threads?: number; readonly signal?: AbortSignal },
): AsyncGenerator<Uint8Array> {
  const { threads = Math.min(MOST_THREADS, availableParallelism()) } = options
  const isGzip = method.algorithm === 'gzip'
  const { bytes, history } = PIECES[method.algorithm]
  await using compressor = isGzip
    ? new DeflatePool(method.level, threads, history + bytes)
    : new ZstdCompressor(method.level, threads)
  using pieces = new PieceReader(source, { bytes, history, sums: isGzip })
  if (isGzip) yield GZIP_HEADER
  using zeros = new ZeroPieces(compressor, bytes)
  yield* compressedPieces(pieces, zeros, compressor, options.signal)
  if (isGzip) yield Buffer.concat([LAST_BLOCK, littleEndian(pieces.crc), littleEndian(pieces.count % 2 ** 32)])
  // What holds nothing still has to be zstd: a frame of nothing.
  else if (pieces.count === 0) {
    yield (await compressor.compress({ buffer: new ArrayBuffer(0), history: 0, length: 0 })).compressed
  }
}

async function* compressedPieces(
  pieces: PieceReader,
  zeros: ZeroPieces,
  compressor: Compressor,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const underWay: Promise<Partial<CompressedPiece> & Pick<CompressedPiece, 'compressed'>>[] = []
  for (let ended = false; ; ) {
    while (!ended && underWay.length < compressor.appetite) {
      signal?.throwIfAborted()
      const piece = await pieces.next()
      if (piece === undefined) {
        ended = true
        continue
      }
      const zero = zeros.compressed(piece)
      if (zero !== undefined) pieces.reuse(piece.buffer)
      const compressing = zero?.then((compressed) => ({ compressed })) ?? compressor.compress(piece)
      // Whoever waits for an earlier piece hears of a failure there.
      compressing.catch(() => {})
      underWay.push(compressing)
    }
    const next = underWay.shift()
    if (next === undefined) return
    const { buffer, compressed, own } = await next
    yield compressed
    own?.transfer(0)
    if (buffer !== undefined) pieces.reuse(buffer)
  }
}

function littleEndian(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
