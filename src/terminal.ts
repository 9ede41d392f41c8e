import type { Writable } from 'node:stream'
import type { ErrorCode } from './errorcode.ts'
import { plainLine } from './plainline.ts'
import type { Report } from './report.ts'

/** Anything that tells whether a person looks at it; `process.stderr` does. */
export interface TerminalStream extends Writable {
  readonly isTTY?: boolean
  readonly columns?: number
}

const TICK_MILLISECONDS = 1_000

/**
 * Reports to a person, what others say among it without what moves a cursor: plain lines, and on a terminal one live line with the phase and the time it takes. What programs
 * print while a phase lasts is shown in that line only (the log file has all of it); elsewhere it is part of the log.
 */
export class Terminal implements Report {
  readonly #stream: TerminalStream
  readonly #now: () => number
  #phase: { readonly title: string; readonly since: number } | undefined
  #ticker: NodeJS.Timeout | undefined

  constructor(stream: TerminalStream, now: () => number) {
    this.#stream = stream
    this.#now = now
  }

  info(line: string): void {
    this.#line(plainLine(line))
  }

  warning(line: string): void {
    this.#line(`warning: ${plainLine(line)}`)
  }

  error(code: ErrorCode, line: string): void {
    this.#line(`error[${code}]: ${plainLine(line)}`)
  }

  output(line: string): void {
    if (this.#stream.isTTY && this.#phase) this.#draw(plainLine(line))
    else this.#line(`  ${plainLine(line)}`)
  }

  group(title: string): void {
    this.endGroup()
    this.#phase = { title: plainLine(title), since: this.#now() }
    if (!this.#stream.isTTY) {
      this.#line(`${this.#phase.title} …`)
      return
    }
    this.#draw('')
    this.#ticker = setInterval(() => this.#draw(''), TICK_MILLISECONDS)
    this.#ticker.unref()
  }

  endGroup(): void {
    clearInterval(this.#ticker)
    const phase = this.#phase
    this.#phase = undefined
    if (phase) this.#line(`${phase.title}: ${this.#seconds(phase.since)}`)
  }

  #seconds(since: number): string {
    return `${Math.round((this.#now() - since) / 1000)} s`
  }

  #line(text: string): void {
    this.#stream.write(`${this.#stream.isTTY ? '\r\x1b[K' : ''}${text}\n`)
    if (this.#phase && this.#stream.isTTY) this.#draw('')
  }

  #draw(last: string): void {
    if (!this.#phase) return
    const text = `${this.#phase.title} ${this.#seconds(this.#phase.since)}${last ? `  ${last}` : ''}`
    this.#stream.write(`\r\x1b[K${text.slice(0, (this.#stream.columns ?? 80) - 1)}`)
  }
}
