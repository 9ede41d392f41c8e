import { DEFLATE_CODE } from './deflatecode.ts'

/** Compresses one piece: whole blocks of deflate, none the last, that end at a whole byte. They last until the next. */
export type Deflater = (piece: Uint8Array, history: number) => Uint8Array

interface DeflateExports {
  readonly memory: WebAssembly.Memory
  readonly inputAt: WebAssembly.Global
  deflate(at: number, history: number, length: number, level: number, target: number): number
}

const PAGE_BYTES = 65536

/**
 * The program of wasm/, for any number of deflaters. It is ours, since the zlib of Node gives other bytes on other
 * processors and in other versions (its fast paths hash with the processor's own instructions), and a digest must not.
 */
export function deflateModule(): WebAssembly.Module {
  return new WebAssembly.Module(Buffer.from(DEFLATE_CODE, 'base64'))
}

/**
 * @param level 1 to 9
 * @param pieceBytes how many bytes, history included, a piece has at most
 */
export function deflater(module: WebAssembly.Module, level: number, pieceBytes: number): Deflater {
  const exports = new WebAssembly.Instance(module).exports as unknown as DeflateExports
  const { memory, deflate } = exports
  const start = Number(exports.inputAt.value)
  // What cannot be compressed is stored, with five bytes for each 65535; and room for what is written ahead.
  const target = start + pieceBytes
  const end = target + pieceBytes + Math.ceil(pieceBytes / 1000) + PAGE_BYTES
  memory.grow(Math.max(0, Math.ceil((end - memory.buffer.byteLength) / PAGE_BYTES)))
  return (piece, history) => {
    const bytes = new Uint8Array(memory.buffer)
    bytes.set(piece, start)
    const written = deflate(start, history, piece.length - history, level, target)
    return bytes.subarray(target, target + written)
  }
}
