import { describe, expect, it } from 'vitest'
import { epochProblem, rfc3339 } from '../../../src/oci/epoch.ts'

describe('the time of an image', () => {
  it.each([
    [0, '1970-01-01T00:00:00Z'],
    [1767323045, '2026-01-02T03:04:05Z'],
    [253_402_300_799, '9999-12-31T23:59:59Z'],
  ])('%i is %s', (seconds, text) => {
    expect(rfc3339(seconds)).toBe(text)
  })

  it.each([-1, 1.5, Number.NaN, 253_402_300_800])('cannot be %s', (seconds) => {
    expect(epochProblem(seconds)).toBe(`the time ${seconds} is not a whole number of seconds since 1970`)
    expect(() => rfc3339(seconds)).toThrow(RangeError)
  })
})
