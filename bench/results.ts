import { type Entry, type Sized, sized, timed, type Variables } from './trial.ts'
import type { Work } from './works.ts'

/** What was measured of one entry. */
export interface Result {
  readonly name: string
  /** One for each round. */
  readonly seconds: readonly number[]
  readonly sized: Sized
}

export interface WorkResults {
  readonly work: Work
  readonly results: readonly Result[]
}

/**
 * Measures the entries of a work in turn, so that what else the machine does meets all of them; first once without the
 * clock, which warms the page cache. An entry that fails is left out, which is said.
 */
export async function measure(work: Work, rounds: number, variables: Variables): Promise<WorkResults> {
  const running: { readonly entry: Entry; readonly seconds: number[]; readonly sized: Sized }[] = []
  for (const entry of work.entries) {
    try {
      running.push({ entry, seconds: [], sized: await sized(entry, variables) })
    } catch (error) {
      process.stderr.write(
        `${work.name}: ${entry.name} is left out: ${error instanceof Error ? error.message : error}\n`,
      )
    }
  }
  for (let round = 0; round < rounds; round++) {
    // Each begins a round as often as the others: what one leaves behind meets the next.
    const first = round % running.length
    for (const { entry, seconds } of [...running.slice(first), ...running.slice(0, first)]) {
      seconds.push(await timed(entry, variables))
    }
  }
  return { work, results: running.map((each) => ({ ...each, name: each.entry.name })) }
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  return ((sorted[middle] ?? Number.NaN) + (sorted[sorted.length - 1 - middle] ?? Number.NaN)) / 2
}

/** The median of the ratios of each round. */
export function ratio(ours: Result, peer: Result): number {
  return median(ours.seconds.map((seconds, round) => seconds / (peer.seconds[round] ?? Number.NaN)))
}
