/** The last second of the year 9999: RFC 3339 has no later one. */
const LAST_SECOND = 253_402_300_799

/** Why a number cannot be the time of an image, as one sentence; undefined when it can. */
export function epochProblem(epochSeconds: number): string | undefined {
  if (Number.isInteger(epochSeconds) && epochSeconds >= 0 && epochSeconds <= LAST_SECOND) return undefined
  return `the time ${epochSeconds} is not a whole number of seconds since 1970`
}

/**
 * Seconds since 1970 as image-spec's dates: `2026-01-02T03:04:05Z`.
 *
 * @throws RangeError when `epochProblem` has one
 */
export function rfc3339(epochSeconds: number): string {
  const problem = epochProblem(epochSeconds)
  if (problem !== undefined) throw new RangeError(problem)
  return new Date(epochSeconds * 1000).toISOString().replace('.000Z', 'Z')
}
