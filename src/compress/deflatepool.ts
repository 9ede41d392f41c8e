import { Worker } from 'node:worker_threads'
import type { CompressedPiece, Compressor, Piece } from './compressor.ts'
import { deflateModule } from './deflater.ts'
import type { WorkerAnswer, WorkerSetup } from './deflateworker.ts'

interface Task extends PromiseWithResolvers<CompressedPiece> {
  readonly piece: Piece
}

/** Beside its sources, or in dist/ beside the entry that holds this code. */
const PROGRAM = new URL(import.meta.url.endsWith('.ts') ? './deflateworker.ts' : './deflateworker.js', import.meta.url)

/** Of a program that makes next to no objects. */
const SMALL_HEAP = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 32 } as const

/** Threads that deflate pieces, each one piece at a time, in the order they are asked. */
export class DeflatePool implements Compressor {
  readonly appetite: number
  readonly #setup: WorkerSetup
  readonly #limit: number
  readonly #workers = new Map<Worker, Task | undefined>()
  readonly #waiting: Task[] = []
  #failure: Error | undefined

  /**
   * @param threads at most; each is started when there is work for it
   * @param pieceBytes of history and piece together, at most
   */
  constructor(level: number, threads: number, pieceBytes: number) {
    this.#setup = { module: deflateModule(), level, pieceBytes }
    this.#limit = threads
    // One for each thread, and some in hand, so that none waits while others read and write.
    this.appetite = 2 * threads + 1
  }

  compress(piece: Piece): Promise<CompressedPiece> {
    const task: Task = { piece, ...Promise.withResolvers<CompressedPiece>() }
    // Whoever waits for an earlier one first hears of a failure there.
    task.promise.catch(() => {})
    if (this.#failure !== undefined) task.reject(this.#failure)
    else {
      this.#waiting.push(task)
      this.#assign()
    }
    return task.promise
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#fail(new Error('the compressors were ended'))
    await Promise.all([...this.#workers.keys()].map((worker) => worker.terminate()))
  }

  #assign(): void {
    const idle = [...this.#workers].find(([, task]) => task === undefined)?.[0]
    if (this.#waiting.length === 0 || (idle === undefined && this.#workers.size >= this.#limit)) return
    const worker = idle ?? this.#start()
    const task = this.#waiting.shift()
    if (task === undefined) return
    this.#workers.set(worker, task)
    worker.postMessage(task.piece, [task.piece.buffer])
  }

  #start(): Worker {
    const worker = new Worker(PROGRAM, { workerData: this.#setup, resourceLimits: SMALL_HEAP })
    worker.on('message', ({ buffer, length }: WorkerAnswer) => {
      this.#workers.get(worker)?.resolve({ buffer, compressed: new Uint8Array(buffer, 0, length) })
      this.#workers.set(worker, undefined)
      this.#assign()
    })
    worker.on('error', (error) => this.#fail(error instanceof Error ? error : new Error(String(error))))
    worker.on('exit', (code) => this.#fail(new Error(`a compressor ended with ${code}`)))
    return worker
  }

  #fail(error: Error): void {
    this.#failure ??= error
    for (const task of [...this.#workers.values(), ...this.#waiting.splice(0)]) task?.reject(this.#failure)
  }
}
