import { parentPort, workerData } from 'node:worker_threads'
import { constants, zstdCompressSync } from 'node:zlib'
import { type Deflater, deflater } from './deflater.ts'
import type { Method } from './method.ts'

/** What a worker is started with. */
export interface WorkerSetup {
  readonly method: Method
  /** Of history and piece together, at most. */
  readonly pieceBytes: number
  /** For gzip. */
  readonly module?: WebAssembly.Module
}

/** A piece on its way to a worker; the buffer comes back with the answer. */
export interface WorkerRequest {
  readonly buffer: ArrayBuffer
  /** How many bytes of the buffer came before the piece. */
  readonly history: number
  /** History and piece together. */
  readonly length: number
}

export interface WorkerAnswer {
  readonly buffer: ArrayBuffer
  readonly compressed: Uint8Array<ArrayBuffer>
}

const ZSTD_CHUNK_BYTES = 1024 * 1024

function compressorFor({ method, pieceBytes, module }: WorkerSetup): Deflater {
  if (module !== undefined) return deflater(module, method.level, pieceBytes)
  const params = { [constants.ZSTD_c_compressionLevel]: method.level, [constants.ZSTD_c_checksumFlag]: 1 }
  return (piece) => {
    const options = { params, pledgedSrcSize: piece.length, chunkSize: ZSTD_CHUNK_BYTES }
    // Small results stand in a buffer that Node shares with others: only a copy can change hands.
    return new Uint8Array(zstdCompressSync(piece, options))
  }
}

if (parentPort === null) throw new Error('this file is for a worker thread')
const port = parentPort
const compress = compressorFor(workerData as WorkerSetup)
port.on('message', ({ buffer, history, length }: WorkerRequest) => {
  const compressed = compress(new Uint8Array(buffer, 0, length), history)
  const answer: WorkerAnswer = { buffer, compressed }
  port.postMessage(answer, [buffer, compressed.buffer])
})
