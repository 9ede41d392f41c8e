import { setTimeout } from 'node:timers/promises'
import type { Sleep } from './access.ts'
import type { Refusal } from './refusal.ts'
import type { RefusalKind } from './refusalrule.ts'

/** Of one call, the first among them. */
export const MOST_TRIES = 6
/** What rarely passes, or takes minutes to show. */
const MOST_OF_KIND: Partial<Record<RefusalKind, number>> = {
  still: 3,
  refused: 4,
  login: 3,
  damaged: 4,
  'read-back': 4,
  'no-registry': 4,
}
const FIRST_MILLISECONDS = 1_000
const FIRST_RATE_MILLISECONDS = 15_000
const LONGEST_MILLISECONDS = 120_000
/** skopeo sleeps up to so long where it is told to wait, and does not say so (c/image docker_client.go, backoffMaxDelay). */
const AFTER_STILL_MILLISECONDS = 60_000

/**
 * How long to wait before the next try: twice as long each time, and up to half of it more, so that jobs that failed
 * together do not come back together. Never sooner than the registry asks for in its message. skopeo's own tries are
 * none of ours: no version knows a 500 or a connection that closes in the middle, old ones no 5xx at all.
 *
 * @param refusals of all tries so far, the newest last
 * @param random from 0 up to 1
 * @param tries at most, in all
 * @returns milliseconds, or undefined to give up
 */
export function retryDelay(
  refusals: readonly Refusal[],
  random: () => number,
  tries: number = MOST_TRIES,
): number | undefined {
  const refusal = refusals.at(-1)
  if (!refusal?.transient || refusals.length >= tries) return undefined
  const alike = refusals.filter(({ kind }) => kind === refusal.kind).length
  if (alike >= (MOST_OF_KIND[refusal.kind] ?? MOST_TRIES)) return undefined
  const told = (refusal.waitSeconds ?? 0) * 1000
  if (told > LONGEST_MILLISECONDS) return undefined
  const usual = Math.min(LONGEST_MILLISECONDS, usualDelay(refusal, refusals.length, alike))
  return Math.round(Math.max(usual, told) * (1 + random() / 2))
}

function usualDelay({ kind, waitSeconds }: Refusal, tried: number, alike: number): number {
  if (kind === 'still') return AFTER_STILL_MILLISECONDS
  if (kind === 'rate' && waitSeconds === undefined) return FIRST_RATE_MILLISECONDS * 2 ** (alike - 1)
  return FIRST_MILLISECONDS * 2 ** (tried - 1)
}

export const realSleep: Sleep = async (milliseconds, signal) =>
  await setTimeout(milliseconds, undefined, signal === undefined ? {} : { signal })
