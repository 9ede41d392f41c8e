import type { Phase } from './result.ts'

/** Measures phases by a clock that is handed in, in milliseconds. */
export class Stopwatch {
  readonly #now: () => number
  readonly #phases: Phase[] = []

  constructor(now: () => number) {
    this.#now = now
  }

  /** Phases that ran, in the order in which they first ended; one that ran several times has its seconds together. */
  get phases(): readonly Phase[] {
    return [...this.#phases]
  }

  /** Takes over phases that were measured elsewhere. */
  add(phases: readonly Phase[]): void {
    this.#phases.push(...phases)
  }

  async time<T>(name: string, run: () => Promise<T>): Promise<T> {
    const since = this.#now()
    try {
      return await run()
    } finally {
      const seconds = (this.#now() - since) / 1000
      const at = this.#phases.findIndex((phase) => phase.name === name)
      if (at < 0) this.#phases.push({ name, seconds })
      else this.#phases[at] = { name, seconds: seconds + (this.#phases[at]?.seconds ?? 0) }
    }
  }
}
