import { setTimeout as pause } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { together } from '../../../src/job/together.ts'

const never = new AbortController().signal

it('gives both results', async () => {
  expect(await together(never, [() => 1, async () => 'b'])).toEqual([1, 'b'])
})

it('cancels and awaits the other when one fails, and throws what failed first', async () => {
  const events: string[] = []
  const slow = async (signal: AbortSignal) => {
    await new Promise((resolve) => signal.addEventListener('abort', resolve))
    await pause(20)
    events.push('ended')
    throw new Error('canceled')
  }
  await expect(together(never, [slow, () => Promise.reject(new Error('first'))])).rejects.toThrow('first')
  expect(events).toEqual(['ended'])
})

it('passes a cancel from outside on', async () => {
  const outside = new AbortController()
  const waits = (signal: AbortSignal) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('canceled'))))
  const both = together(outside.signal, [waits, waits])
  outside.abort()
  await expect(both).rejects.toThrow('canceled')
})
