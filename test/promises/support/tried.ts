import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'

/** `npm run test:soak` says so: the same code, with the counts that are promised. */
export const isWide = process.env['SOAK'] === 'wide'

/** How often something is tried: the second number in the wide form. */
export function times(narrow: number, wide: number): number {
  return isWide ? wide : narrow
}

/** What one suite tried, as `scripts/soak.ts` reads it for docs/reliability.md. */
export interface Outcome {
  /** The name of its file without `.test.ts`. */
  readonly suite: string
  /** What is counted: `kills of a build`. */
  readonly what: string
  readonly tried: number
  readonly wrong: number
  readonly seconds: number
}

/** Keeps what a suite tries and what went wrong, says it at the end, and fails where it was too little or something was wrong. */
export class Tried {
  readonly #suite: string
  readonly #what: string
  readonly #cases = new Map<string, number>()
  readonly #wrong: string[] = []
  readonly #began = performance.now()
  #tried = 0

  /**
   * @param suite the name of the file without `.test.ts`
   * @param what is tried, in the plural: `kills of a build`
   */
  constructor(suite: string, what: string) {
    this.#suite = suite
    this.#what = what
  }

  /**
   * @param kind what the list at the end shows, with how often
   * @param wrong one text for each thing that does not hold
   */
  add(kind: string, wrong: readonly string[] = []): void {
    this.#tried += 1
    this.#cases.set(kind, (this.#cases.get(kind) ?? 0) + 1)
    this.#wrong.push(...wrong.map((text) => `${kind}: ${text}`))
  }

  /** @param least how many there have to be, so that a list that shrinks is seen */
  async finish(least: number): Promise<void> {
    const seconds = Math.round((performance.now() - this.#began) / 1000)
    const lines = [...this.#cases].map(([kind, count]) => `  ${count > 1 ? `${count} × ` : ''}${kind}`)
    const title = `${this.#tried} ${this.#what}, ${this.#wrong.length} wrong, ${seconds} s`
    process.stdout.write(`${[title, ...lines, ...this.#wrong.map((text) => `  WRONG ${text}`)].join('\n')}\n`)
    const outcome = { suite: this.#suite, what: this.#what, tried: this.#tried, wrong: this.#wrong.length, seconds }
    await report(outcome)
    expect(this.#wrong).toEqual([])
    expect(this.#tried).toBeGreaterThanOrEqual(least)
  }
}

async function report(outcome: Outcome): Promise<void> {
  const folder = process.env['SOAK_RESULTS']
  if (folder === undefined) return
  await mkdir(folder, { recursive: true })
  const name = `${outcome.suite} ${outcome.what}`.replaceAll(/[^a-z0-9]+/gi, '-')
  await writeFile(join(folder, `${name}.json`), JSON.stringify(outcome))
}
