import { crc32 } from 'node:zlib'
import type { Compressor, Piece } from './compressor.ts'
import type { ByteSource } from './source.ts'

/** Cuts a source into pieces of one size, in buffers that are used again; each piece stands behind what came before it. */
export class PieceReader implements Disposable {
  /** Bytes so far. */
  count = 0
  /** Of the bytes so far; RFC 1952, section 8. */
  crc = 0
  readonly #source: ByteSource
  readonly #pieceBytes: number
  readonly #tail: Buffer
  readonly #free: ArrayBuffer[] = []
  readonly #sums: boolean

  /** @param history how many bytes before a piece stand in front of it, @param sums whether `crc` is kept */
  constructor(source: ByteSource, about: { readonly bytes: number; readonly history: number; readonly sums: boolean }) {
    this.#source = source
    this.#pieceBytes = about.bytes
    this.#tail = Buffer.alloc(about.history)
    this.#sums = about.sums
  }

  /** @returns undefined at the end */
  async next(): Promise<Piece | undefined> {
    const buffer = this.#free.pop() ?? new ArrayBuffer(this.#tail.length + this.#pieceBytes)
    const history = this.count === 0 ? 0 : this.#tail.length
    this.#tail.copy(Buffer.from(buffer), 0, 0, history)
    const piece = Buffer.from(buffer, history, this.#pieceBytes)
    const length = await this.#source.fill(piece)
    if (length === 0) {
      this.reuse(buffer)
      return undefined
    }
    if (this.#sums) this.crc = crc32(piece.subarray(0, length), this.crc)
    this.count += length
    if (length >= this.#tail.length) piece.copy(this.#tail, 0, length - this.#tail.length, length)
    return { buffer, history, length: history + length }
  }

  /** Takes a buffer back, when what was compressed into it is not needed any more. */
  reuse(buffer: ArrayBuffer): void {
    this.#free.push(buffer)
  }

  /** Gives the memory back at once: a job writes several disks, and the next would begin before the collector comes. */
  [Symbol.dispose](): void {
    for (const buffer of this.#free.splice(0)) buffer.transfer(0)
  }
}

/** Pieces of nothing but zeros, of which a sparse disk has many: compressed once, without what came before them. */
export class ZeroPieces implements Disposable {
  readonly #compressor: Compressor
  readonly #zeros: Buffer<ArrayBuffer>
  #compressed: Promise<Uint8Array> | undefined

  constructor(compressor: Compressor, pieceBytes: number) {
    this.#compressor = compressor
    this.#zeros = Buffer.alloc(pieceBytes)
  }

  /** The compressed piece, or undefined where it is no whole piece of zeros. */
  compressed({ buffer, history, length }: Piece): Promise<Uint8Array> | undefined {
    if (
      length - history !== this.#zeros.length ||
      !this.#zeros.equals(Buffer.from(buffer, history, length - history))
    ) {
      return undefined
    }
    this.#compressed ??= this.#compressZeros()
    return this.#compressed
  }

  #compressZeros(): Promise<Uint8Array> {
    const { length } = this.#zeros
    const compressing = this.#compressor.compress({ buffer: new ArrayBuffer(length), history: 0, length })
    const compressed = compressing.then((answer) => {
      const kept = new Uint8Array(answer.compressed)
      for (const spent of [answer.buffer, answer.own]) spent?.transfer(0)
      return kept
    })
    // Whoever waits for an earlier piece hears of a failure there.
    compressed.catch(() => {})
    return compressed
  }

  [Symbol.dispose](): void {
    this.#zeros.buffer.transfer(0)
  }
}
