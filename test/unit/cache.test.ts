import { setTimeout } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { type CacheEntry, JobCache, type RemoteCache } from '../../src/cache/cache.ts'
import type { Report } from '../../src/report.ts'

const entry: CacheEntry = { key: 'k', folder: '/f', what: 'the layers of the base', accepts: () => true }
const never = new AbortController().signal

function recorder(): Report & { readonly warnings: string[] } {
  const warnings: string[] = []
  return { warnings, warning: (line) => warnings.push(line), info() {}, output() {}, group() {}, endGroup() {} }
}

/** A cache as a job sees it, with what it said and how often the service was asked. */
function asked(answers: Partial<RemoteCache>, patience: Partial<ConstructorParameters<typeof JobCache>[2]> = {}) {
  const report = recorder()
  const calls: string[] = []
  const remote: RemoteCache = {
    restore: async (...rest) => {
      calls.push('restore')
      return (await answers.restore?.(...rest)) ?? false
    },
    save: async (...rest) => {
      calls.push('save')
      return (await answers.save?.(...rest)) ?? false
    },
  }
  const cache = new JobCache(remote, report, { signal: never, now: () => performance.now(), ...patience })
  return { cache, report, calls }
}

/** Does not look at its signal either. */
const hanging = async () => await new Promise<boolean>(() => {})
const failing = async () => Promise.reject(new Error('503\n<html>'))

describe('the cache of a job', () => {
  it('says whether there was an entry', async () => {
    const { cache, report } = asked({ restore: async ({ key }) => key === 'k' })
    expect(await cache.restore(entry)).toBe(true)
    expect(await cache.restore({ ...entry, key: 'other' })).toBe(false)
    expect(report.warnings).toEqual([])
  })

  it('takes a failure for a miss, with one warning of one line, and is asked nothing more', async () => {
    const { cache, report, calls } = asked({ restore: failing, save: failing })
    expect(await cache.restore(entry)).toBe(false)
    expect(await cache.save(entry)).toBe(false)
    expect(report.warnings).toEqual([
      'the layers of the base cannot be restored from the cache: 503; this job goes on without a cache',
    ])
    expect(calls).toEqual(['restore'])
  })

  it('turns a failure to save into a warning', async () => {
    const { cache, report } = asked({ save: failing })
    expect(await cache.save(entry)).toBe(false)
    expect(report.warnings).toEqual([
      'the layers of the base cannot be saved to the cache: 503; this job goes on without a cache',
    ])
  })

  it.each(['restore', 'save'] as const)(
    'waits for a service that hangs at %s no longer than its limit',
    async (call) => {
      const { cache, report } = asked({ [call]: hanging }, { limitMilliseconds: 10 })
      expect(await cache[call](entry)).toBe(false)
      expect(report.warnings).toEqual([expect.stringContaining('took longer than 0.01 s')])
    },
  )

  it('has one limit for all calls together', async () => {
    const clock = { now: 0 }
    const restore = async () => {
      clock.now += 59_999
      return true
    }
    const { cache, report, calls } = asked({ restore, save: hanging }, { now: () => clock.now })
    expect(await cache.restore(entry)).toBe(true)
    expect(await cache.save(entry)).toBe(false)
    expect(calls).toEqual(['restore', 'save'])
    expect(report.warnings).toEqual([expect.stringContaining('cannot be saved to the cache: all that was asked')])
  })

  it('counts time once that two calls take side by side', async () => {
    const clock = { now: 0 }
    const waiting: (() => void)[] = []
    const restore = () => new Promise<boolean>((resolve) => waiting.push(() => resolve(true)))
    const { cache } = asked({ restore }, { now: () => clock.now })
    const both = [cache.restore(entry), cache.restore(entry)]
    clock.now += 40_000
    for (const go of waiting) go()
    expect(await Promise.all(both)).toEqual([true, true])
    const third = cache.restore(entry)
    // Counted twice there would be no time left, and its end would come first.
    await setTimeout(20)
    waiting.at(-1)?.()
    expect(await third).toBe(true)
  })

  it('lets go of what runs beside the call that fails, with one warning for all', async () => {
    const { cache, report } = asked({ restore: hanging, save: failing })
    const both = [cache.restore(entry), cache.save(entry)]
    expect(await Promise.all(both)).toEqual([false, false])
    expect(report.warnings).toHaveLength(1)
  })

  it('says nothing and asks nothing when the job is canceled', async () => {
    const canceled = new AbortController()
    const { cache, report, calls } = asked({ restore: hanging }, { signal: canceled.signal })
    const restoring = cache.restore(entry)
    canceled.abort()
    expect(await restoring).toBe(false)
    expect(await cache.save(entry)).toBe(false)
    expect(calls).toEqual(['restore'])
    expect(report.warnings).toEqual([])
  })
})
