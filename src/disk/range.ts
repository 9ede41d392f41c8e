/** A run of bytes of a file. */
export interface Range {
  readonly offset: number
  readonly length: number
}

/** Ranges in order, of which those that touch or overlap become one. */
export function joinedRanges(ranges: readonly Range[]): readonly Range[] {
  const result: Range[] = []
  for (const range of ranges) addRange(result, range)
  return result
}

/** Puts a range behind the others, which start before it, and joins it with the last one where they touch. */
export function addRange(ranges: Range[], range: Range): void {
  const last = ranges.at(-1)
  if (last === undefined || last.offset + last.length < range.offset) ranges.push(range)
  else {
    const end = Math.max(last.offset + last.length, range.offset + range.length)
    ranges[ranges.length - 1] = { offset: last.offset, length: end - last.offset }
  }
}
