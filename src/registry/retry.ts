import { setTimeout } from 'node:timers/promises'
import type { Sleep } from './access.ts'
import type { Refusal } from './refusal.ts'

const TRIES = 4
const FIRST_DELAY_MILLISECONDS = 1000

/**
 * How long to wait before the next try. skopeo's own retries are none of ours: they know neither 500 nor a connection
 * that closes in the middle, and no version tells Retry-After.
 *
 * @param tried how many tries there were, from 1
 * @returns milliseconds, or undefined to give up
 */
export function retryDelay(refusal: Refusal, tried: number): number | undefined {
  if (!refusal.transient || tried >= TRIES) return undefined
  return FIRST_DELAY_MILLISECONDS * 2 ** (tried - 1)
}

export const realSleep: Sleep = async (milliseconds, signal) =>
  await setTimeout(milliseconds, undefined, signal === undefined ? {} : { signal })
