import { expect, it } from 'vitest'
import { Stopwatch } from '../../../src/job/stopwatch.ts'

it('a phase that runs several times has its seconds together, at the place of the first', async () => {
  let now = 0
  const takes = (seconds: number) => async () => {
    now += seconds * 1000
  }
  const stopwatch = new Stopwatch(() => now)
  await stopwatch.time('Wrap', takes(2))
  await stopwatch.time('Convert', takes(3))
  await stopwatch.time('Wrap', takes(5))
  expect(stopwatch.phases).toEqual([
    { name: 'Wrap', seconds: 7 },
    { name: 'Convert', seconds: 3 },
  ])
})
