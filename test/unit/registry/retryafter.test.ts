import { describe, expect, it } from 'vitest'
import { toldWaitSeconds } from '../../../src/registry/retryafter.ts'

describe('toldWaitSeconds', () => {
  it.each([
    ['toomanyrequests: retry-after: 583.391µs, allowed: 44000/minute', 0.000583391],
    ['toomanyrequests: retry-after: 1m30s, allowed: 44000/minute', 90],
    ['TOOMANYREQUESTS: Retry-After: 30', 30],
    ['slow down: try again in 12s', 12],
    ['please retry after 45 seconds', 45],
    ['{"retry-after":"250ms"}', 0.25],
  ])('reads %s', (text, seconds) => {
    expect(toldWaitSeconds(text)).toBeCloseTo(seconds, 9)
  })

  it('finds none where none is told', () => {
    expect(toldWaitSeconds('toomanyrequests: You have reached your pull rate limit, retry later')).toBeUndefined()
  })
})
