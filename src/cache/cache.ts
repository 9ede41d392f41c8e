import type { Report } from '../report.ts'

/** A file of an entry, as the entry itself tells it. */
export interface EntryFile {
  /** In the folder, with slashes. */
  readonly path: string
  readonly sizeBytes: number
  /** SHA-256 of its content, 64 hexadecimal digits. */
  readonly sha256: string
}

/** A folder that travels through the cache of a hosted runner under a key. */
export interface CacheEntry {
  readonly key: string
  readonly folder: string
  /** For messages: `the layers of the base`. */
  readonly what: string
  /** What may be in it: all else neither goes out nor comes in. */
  readonly accepts: (file: EntryFile) => boolean
}

/** The cache of a hosted runner: entries by key that never change once they are written. Both stop at `signal`. */
export interface RemoteCache {
  /** Fills the folder; false when there is no such entry. */
  restore(entry: CacheEntry, signal: AbortSignal): Promise<boolean>
  /** False where the service takes none: another job was first, or this one may only read. */
  save(entry: CacheEntry, signal: AbortSignal): Promise<boolean>
}

export interface Patience {
  /** Ends with the job. */
  readonly signal: AbortSignal
  /** A clock in milliseconds that never goes back. */
  readonly now: () => number
  /** For all calls of the job together; 60 s where left out. */
  readonly limitMilliseconds?: number
}

const LIMIT_MILLISECONDS = 60_000

/**
 * The cache as one job sees it: it never fails the job and never holds it up for long. All that is asked of it together may
 * take a minute. After the first trouble, which is one warning, it is asked nothing more.
 */
export class JobCache {
  readonly #remote: RemoteCache
  readonly #report: Report
  readonly #patience: Patience
  readonly #given = new AbortController()
  #spentMilliseconds = 0
  #running = 0
  #since = 0

  constructor(remote: RemoteCache, report: Report, patience: Patience) {
    this.#remote = remote
    this.#report = report
    this.#patience = patience
  }

  /** Fills a folder. Whatever goes wrong is a miss; what came must be checked by who uses it. */
  async restore(entry: CacheEntry): Promise<boolean> {
    return await this.#ask(`${entry.what} cannot be restored from the cache`, (signal) =>
      this.#remote.restore(entry, signal),
    )
  }

  /** Keeps a folder. A canceled job keeps nothing: it has seconds left. */
  async save(entry: CacheEntry): Promise<boolean> {
    return await this.#ask(`${entry.what} cannot be saved to the cache`, (signal) => this.#remote.save(entry, signal))
  }

  async #ask(failed: string, work: (signal: AbortSignal) => Promise<boolean>): Promise<boolean> {
    const { signal, limitMilliseconds: limit = LIMIT_MILLISECONDS } = this.#patience
    if (signal.aborted || this.#given.signal.aborted) return false
    const late = new AbortController()
    this.#begin()
    const timer = setTimeout(
      () => late.abort(new Error(`all that was asked of it took longer than ${limit / 1000} s`)),
      Math.max(0, limit - this.#spent()),
    )
    const until = AbortSignal.any([signal, this.#given.signal, late.signal])
    try {
      return await Promise.race([work(until), endOf(until)])
    } catch (error) {
      if (!signal.aborted && !this.#given.signal.aborted) {
        const reason = until.aborted ? until.reason : error
        this.#report.warning(`${failed}: ${messageOf(reason)}; this job goes on without a cache`)
        this.#given.abort()
      }
      return false
    } finally {
      clearTimeout(timer)
      this.#end()
    }
  }

  #begin(): void {
    if (this.#running++ === 0) this.#since = this.#patience.now()
  }

  #end(): void {
    if (--this.#running === 0) this.#spentMilliseconds += this.#patience.now() - this.#since
  }

  #spent(): number {
    return this.#spentMilliseconds + (this.#running > 0 ? this.#patience.now() - this.#since : 0)
  }
}

/** Whoever does not look at the signal is left behind. */
function endOf(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

function messageOf(error: unknown): string {
  const [line = ''] = (error instanceof Error ? error.message : String(error)).split('\n')
  return line
}
