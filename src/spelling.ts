/**
 * The known words nearest to a wrong one, for a message: those that it begins, then those a slip or two away; whatever
 * the case.
 */
export function similarWords<Word extends string>(wrong: string, known: readonly Word[]): readonly Word[] {
  const lower = wrong.toLowerCase()
  const begun = lower.length < 3 ? [] : known.filter((word) => word.startsWith(lower))
  const slips = lower.length < 5 ? 1 : 2
  const near = known.filter((word) => editDistance(lower, word) <= slips)
  return [...new Set([...begun, ...near])]
}

/** The known word with the fewest slips from a wrong one, where any is near. */
export function nearestWord<Word extends string>(wrong: string, known: readonly Word[]): Word | undefined {
  const lower = wrong.toLowerCase()
  const distances = similarWords(wrong, known).map((word) => ({ word, distance: editDistance(lower, word) }))
  return distances.sort((one, other) => one.distance - other.distance)[0]?.word
}

/** How many letters have to be added, removed or changed (Levenshtein). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i)
  for (const [i, letter] of [...a].entries()) {
    const next = [i + 1]
    for (const [j, other] of [...b].entries()) {
      const change = (row[j] ?? 0) + (letter === other ? 0 : 1)
      next.push(Math.min(change, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1))
    }
    row = next
  }
  return row.at(-1) ?? 0
}
