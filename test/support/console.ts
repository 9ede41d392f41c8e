import type { ChildProcess } from 'node:child_process'
import { setTimeout as timer } from 'node:timers'

/** What a program shows and is told, as at a terminal. */
export interface Console {
  /** Everything that it has shown so far. */
  shown(): string
  /**
   * Waits until the pattern stands in what was shown since the last wait.
   *
   * @throws Error with the end of what was shown, when the program ends or the time is over before
   */
  until(pattern: RegExp, timeoutSeconds: number): Promise<void>
  type(text: string): void
  /** Its exit code; null when a signal ended it. */
  readonly ended: Promise<number | null>
}

const SHOWN_LINES = 40

/** @param child with pipes for its output */
export function consoleOf(child: ChildProcess): Console {
  let shown = ''
  let seen = 0
  let look = () => {}
  const take = (bytes: Buffer) => {
    shown += bytes.toString('latin1')
    look()
  }
  child.stdout?.on('data', take)
  child.stderr?.on('data', take)
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject)
    child.once('close', resolve)
  })
  ended.catch(() => {})
  const until = (pattern: RegExp, timeoutSeconds: number) =>
    new Promise<void>((resolve, reject) => {
      const failed = (what: string) =>
        reject(new Error(`${what} before ${pattern} was shown; the end of it:\n${tail(shown)}`))
      const timeout = timer(() => failed(`${timeoutSeconds} s were over`), timeoutSeconds * 1000)
      look = () => {
        const found = pattern.exec(shown.slice(seen))
        if (found === null) return
        seen += found.index + found[0].length
        look = () => {}
        clearTimeout(timeout)
        resolve()
      }
      ended
        .then(
          (code) => failed(`it ended with ${code}`),
          (error: Error) => failed(`it did not start (${error.message})`),
        )
        .finally(() => clearTimeout(timeout))
      look()
    })
  return { shown: () => shown, until, type: (text) => void child.stdin?.write(text), ended }
}

function tail(text: string): string {
  return text.split('\n').slice(-SHOWN_LINES).join('\n')
}
