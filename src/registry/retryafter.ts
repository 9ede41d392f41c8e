/** Seconds in each unit that Go prints of a time.Duration. */
const UNITS: Readonly<Record<string, number>> = { ns: 1e-9, us: 1e-6, µs: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 }

const DURATION = /(\d+(?:\.\d+)?)\s*(ns|us|[µμ]s|ms|s|m|h)/g
/** ghcr.io writes `retry-after: 583.391µs` into its message, others `try again in 12s` or `retry after 30 seconds`. */
const TOLD =
  /(?:retry[- ]after|(?:try again|retry) in)["']?[:=]?\s*["']?((?:\d+(?:\.\d+)?\s*(?:ns|us|[µμ]s|ms|s|m|h)?)+)/i

/**
 * How long a registry asks to wait, where it says so in its message: skopeo tells of a Retry-After header nothing.
 *
 * @returns seconds, undefined where nothing is said
 */
export function toldWaitSeconds(text: string): number | undefined {
  const told = TOLD.exec(text)?.[1]
  if (told === undefined) return undefined
  const parts = [...told.matchAll(DURATION)]
  if (parts.length === 0) return Number.parseFloat(told)
  return parts.reduce((sum, [, count, unit = 's']) => sum + Number(count) * (UNITS[unit.replace('μ', 'µ')] ?? 1), 0)
}
