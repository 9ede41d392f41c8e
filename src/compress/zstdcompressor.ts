import { constants, createZstdCompress } from 'node:zlib'
import type { CompressedPiece, Compressor, Piece } from './compressor.ts'

/** Node has four threads for such work and for reading files, of which one is left for that. */
const MOST_THREADS = 3

/**
 * Each piece becomes a frame with a checksum, in threads that Node has anyway: workers of our own would take twice the
 * memory.
 */
export class ZstdCompressor implements Compressor {
  readonly appetite: number
  readonly #level: number

  constructor(level: number, threads: number) {
    // One more than there are processors only makes them wait for memory: a tenth more processor time, no time won.
    this.appetite = Math.max(2, Math.min(MOST_THREADS, threads))
    this.#level = level
  }

  async compress({ buffer, history, length }: Piece): Promise<CompressedPiece> {
    const bytes = new Uint8Array(buffer, history, length - history)
    const params = {
      [constants.ZSTD_c_compressionLevel]: this.#level,
      [constants.ZSTD_c_checksumFlag]: 1,
    }
    // In one go, since it is told at once that this is all and the whole frame has room (ZSTD_compressBound): zstd then
    // reads where the bytes are, and neither copies them nor looks for matches across two buffers.
    const chunkSize = bytes.length + Math.ceil(bytes.length / 128) + 1024
    const flush = constants.ZSTD_e_end
    const stream = createZstdCompress({ params, pledgedSrcSize: bytes.length, chunkSize, flush })
    try {
      const compressed = await new Promise<Uint8Array>((resolve, reject) => {
        stream.once('error', reject)
        stream.once('data', resolve)
        stream.write(bytes)
      })
      return { buffer, compressed }
    } finally {
      stream.destroy()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {}
}
