import { parentPort, workerData } from 'node:worker_threads'
import type { Piece } from './compressor.ts'
import { deflater } from './deflater.ts'

/** What a worker is started with. */
export interface WorkerSetup {
  readonly module: WebAssembly.Module
  readonly level: number
  /** Of history and piece together, at most. */
  readonly pieceBytes: number
}

/** The piece's buffer with what it was compressed to at its start: a buffer of its own would wait for the collector. */
export interface WorkerAnswer {
  readonly buffer: ArrayBuffer
  readonly length: number
}

if (parentPort === null) throw new Error('this file is for a worker thread')
const port = parentPort
const { module, level, pieceBytes } = workerData as WorkerSetup
const deflate = deflater(module, level, pieceBytes)
port.on('message', ({ buffer, history, length }: Piece) => {
  const compressed = deflate(new Uint8Array(buffer, 0, length), history)
  const answer: WorkerAnswer = { buffer, length: compressed.length }
  new Uint8Array(buffer).set(compressed)
  port.postMessage(answer, [buffer])
})
