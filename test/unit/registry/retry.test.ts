import { describe, expect, it } from 'vitest'
import { damage, type Refusal, refusalOf, stillness } from '../../../src/registry/refusal.ts'
import { retryDelay } from '../../../src/registry/retry.ts'

const refused = (message: string, isCopy = false): Refusal =>
  refusalOf([`level=fatal msg=${JSON.stringify(message)}`], isCopy)

/** The waits after each of so many refusals in a row, in seconds. */
function waits(refusal: Refusal, random = 0, tries?: number): readonly (number | undefined)[] {
  const all = Array.from({ length: 7 }, (_, at) => Array<Refusal>(at + 1).fill(refusal))
  const delays = all.map((refusals) => retryDelay(refusals, () => random, tries))
  return delays.map((delay) => (delay === undefined ? undefined : delay / 1000))
}

const NONE = undefined

describe('retryDelay', () => {
  it('doubles from one second and gives up at the sixth try', () => {
    expect(waits(refused('unexpected EOF'))).toEqual([1, 2, 4, 8, 16, NONE, NONE])
  })

  it('spreads by up to half of it more, never less', () => {
    expect(waits(refused('unexpected EOF'), 0.5).slice(0, 2)).toEqual([1.25, 2.5])
  })

  it('never repeats what will not change', () => {
    expect(waits(refused('manifest unknown'))[0]).toBe(NONE)
  })

  it('waits at least a quarter of a minute where there were too many requests, and at most two minutes', () => {
    expect(waits(refused('toomanyrequests: slow down'))).toEqual([15, 30, 60, 120, 120, NONE, NONE])
  })

  it('waits as long as the message asks for, and not at all where that is too long', () => {
    expect(waits(refused('toomanyrequests: retry-after: 583.391µs, allowed: 44000/minute'))).toEqual(
      waits(refused('unexpected EOF')),
    )
    expect(waits(refused('toomanyrequests: retry-after: 50s')).slice(0, 6)).toEqual([50, 50, 50, 50, 50, NONE])
    expect(waits(refused('toomanyrequests: retry-after: 15m0s'))[0]).toBe(NONE)
  })

  it('tries three times where nothing moves, and no sooner than skopeo may have been told to wait', () => {
    expect(waits(stillness(120)).slice(0, 4)).toEqual([60, 60, NONE, NONE])
  })

  it('tries three times where the login of a copy ends', () => {
    expect(waits(refused('unauthorized: authentication required', true)).slice(0, 4)).toEqual([1, 2, NONE, NONE])
  })

  it('tries four times what comes damaged, and where nobody listens', () => {
    expect(waits(refused('dial tcp 127.0.0.1:1: connect: connection refused')).slice(0, 4)).toEqual([1, 2, 4, NONE])
    expect(waits(damage('it is no JSON')).slice(0, 4)).toEqual([1, 2, 4, NONE])
  })

  it('counts all refusals together', () => {
    const six = [stillness(1), stillness(1), ...Array<Refusal>(4).fill(refused('unexpected EOF'))]
    expect(retryDelay(six, () => 0)).toBe(NONE)
    expect(retryDelay(six.slice(1), () => 0)).toBe(16_000)
  })

  it('tries no more often than the caller wants', () => {
    expect(waits(refused('unexpected EOF'), 0, 2).slice(0, 2)).toEqual([1, NONE])
  })
})
