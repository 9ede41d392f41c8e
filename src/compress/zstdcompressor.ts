import { constants, createZstdCompress } from 'node:zlib'
import type { CompressedPiece, Compressor, Piece } from './compressor.ts'

/** Node has four threads for such work and for reading files, of which one is left for that. */
const MOST_THREADS = 3

/**
 * Half of what zstd has for level 3 (clevels.h): tables that stay in the cache of a processor, also where all of them
 * compress and hash. A sixth less of their time for 1.2 % more bytes, in frames so large no more than `zstd -3 -T0` writes.
 */
const SMALL_TABLES = { [constants.ZSTD_c_hashLog]: 16, [constants.ZSTD_c_chainLog]: 15 } as const

/**
 * Each piece becomes a frame with a checksum, in threads that Node has anyway: workers of our own would take twice the
 * memory.
 */
export class ZstdCompressor implements Compressor {
  readonly appetite: number
  readonly #level: number
  readonly #limit: number
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(level: number, threads: number) {
    this.#level = level
    this.#limit = Math.min(MOST_THREADS, threads)
    // Two in hand, that none waits while others are read, hashed and written. Under way are no more than processors:
    // that only makes them wait for memory, and takes a tenth more of their time.
    this.appetite = this.#limit + 2
  }

  async compress(piece: Piece): Promise<CompressedPiece> {
    if (this.#running === this.#limit) await new Promise<void>((resolve) => this.#waiting.push(resolve))
    else this.#running += 1
    try {
      return await this.#frame(piece)
    } finally {
      const next = this.#waiting.shift()
      if (next === undefined) this.#running -= 1
      else next()
    }
  }

  async #frame({ buffer, history, length }: Piece): Promise<CompressedPiece> {
    const bytes = new Uint8Array(buffer, history, length - history)
    const params = {
      [constants.ZSTD_c_compressionLevel]: this.#level,
      [constants.ZSTD_c_checksumFlag]: 1,
      ...(this.#level === 3 ? SMALL_TABLES : {}),
    }
    // In one go, since it is told at once that this is all and the whole frame has room (ZSTD_compressBound): zstd then
    // reads where the bytes are, and neither copies them nor looks for matches across two buffers.
    const chunkSize = bytes.length + Math.ceil(bytes.length / 128) + 1024
    const flush = constants.ZSTD_e_end
    const stream = createZstdCompress({ params, pledgedSrcSize: bytes.length, chunkSize, flush })
    try {
      const compressed = await new Promise<Uint8Array<ArrayBuffer>>((resolve, reject) => {
        stream.once('error', reject)
        stream.once('data', resolve)
        stream.write(bytes)
      })
      // Small ones share memory with others.
      const own = compressed.buffer.byteLength > Buffer.poolSize ? { own: compressed.buffer } : {}
      return { buffer, compressed, ...own }
    } finally {
      stream.destroy()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
