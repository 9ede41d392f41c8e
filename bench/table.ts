import type { Verdict } from './goals.ts'
import { median, type Result, ratio, type WorkResults } from './results.ts'

const HEAD = ['work', 'peer', 'median s', 'ours / peer', 'memory MB', 'extra disk MB', 'size MB']

/** The one table, in Markdown. Ratios are of the first entry of a work, which is ours, by each. */
export function table(all: readonly WorkResults[]): string {
  const rows = all.flatMap(({ work, results }) =>
    results.map((result) => [work.about, result.name, ...numbers(result, results[0] ?? result)]),
  )
  return [HEAD, HEAD.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n')
}

function numbers(result: Result, first: Result): readonly string[] {
  const { memoryBytes, spaceBytes, sizeBytes } = result.sized
  return [
    median(result.seconds).toFixed(2),
    result === first ? '' : ratio(first, result).toFixed(2),
    ...[memoryBytes, spaceBytes, sizeBytes].map((bytes) => (bytes / 1e6).toFixed(0)),
  ]
}

export function verdictLines(verdicts: readonly Verdict[]): string {
  return verdicts
    .map(({ text, reached, moonshot }) => {
      const word = reached === undefined ? 'unknown' : reached ? 'reached' : 'MISSED'
      return `- ${word}${moonshot ? ' (moonshot)' : ''}: ${text}`
    })
    .join('\n')
}
