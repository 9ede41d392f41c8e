import { basename } from 'node:path'
import type { Problem } from '../errors.ts'

/**
 * A problem at a place in a description file.
 *
 * @param file absolute, @param line from 1, @param text one sentence without the place: what is wrong, what to write
 */
export function descriptionProblem(file: string, line: number, text: string): Problem {
  return { where: `${basename(file)}:${line}`, text, file, line }
}

/** The line, from 1, of an offset in `text`; XML 1.0 section 2.11 says what ends a line. */
export function lineCounter(text: string): (offset: number) => number {
  const starts = [0]
  for (const end of text.matchAll(/\r\n|\r|\n/g)) starts.push(end.index + end[0].length)
  return (offset) => lastAtOrBefore(starts, offset) + 1
}

/** Index of the last entry of the ascending `values` that is not above `wanted`; -1 where all are. */
export function lastAtOrBefore(values: readonly number[], wanted: number): number {
  let low = 0
  let high = values.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((values[middle] ?? 0) <= wanted) low = middle + 1
    else high = middle
  }
  return low - 1
}
