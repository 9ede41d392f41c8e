import { setTimeout } from 'node:timers/promises'

const PAUSES = [1_000, 3_000]

/**
 * Tries something of the cache's service up to three times, pauses between them.
 *
 * @param once gives undefined for another try; at the last it gives its result, or throws
 * @throws what `once` throws, and the signal's reason
 */
export async function tries<Result>(
  once: (isLast: boolean) => Promise<Result | undefined>,
  signal: AbortSignal,
): Promise<Result> {
  for (const pause of [...PAUSES, undefined]) {
    const result = await once(pause === undefined)
    if (result !== undefined) return result
    await setTimeout(pause, undefined, { signal })
  }
  throw new Error('the last try had no result')
}
