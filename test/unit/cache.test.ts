import { describe, expect, it } from 'vitest'
import {
  baseKey,
  cacheKey,
  packagesFolder,
  packagesKey,
  type RemoteCache,
  restoreFolder,
  saveFolder,
} from '../../src/cache/cache.ts'
import type { Report } from '../../src/report.ts'

function recorder(): Report & { readonly warnings: string[] } {
  const warnings: string[] = []
  return { warnings, warning: (line) => warnings.push(line), info() {}, output() {}, group() {}, endGroup() {} }
}

const entry = { key: 'k', folder: '/f', what: 'the layers of the base' }

describe('cacheKey', () => {
  it('joins parts as they are where every cache takes them', () => {
    expect(packagesKey('0a1b', 'x86_64', 'apt')).toBe('kiwi-oci-1-packages-apt-x86_64-0a1b')
    expect(baseKey(`sha256:${'a'.repeat(64)}`)).toBe(`kiwi-oci-1-base-${'a'.repeat(64)}`)
  })

  it('replaces commas and other characters and stays unique', () => {
    const keys = ['a,b', 'a b', 'a_b'].map((part) => cacheKey([part]))
    expect(new Set(keys).size).toBe(3)
    for (const key of keys) expect(key).toMatch(/^[A-Za-z0-9._-]+$/)
  })

  it('has at most 512 characters and still tells long parts apart', () => {
    const keys = ['x', 'y'].map((end) => cacheKey(['a'.repeat(600) + end]))
    expect(keys.map((key) => key.length)).toEqual([512, 512])
    expect(keys[0]).not.toBe(keys[1])
  })

  it('names folders without separators', () => {
    expect(packagesFolder('apt', '../x')).toBe('apt-.._x')
  })
})

describe('restoreFolder', () => {
  it('says whether there was an entry', async () => {
    const cache: RemoteCache = { restore: async (key) => key === 'k', save: async () => {} }
    expect(await restoreFolder(cache, entry, recorder())).toBe(true)
    expect(await restoreFolder(cache, { ...entry, key: 'other' }, recorder())).toBe(false)
  })

  it('takes a failure for a miss, with one warning of one line', async () => {
    const report = recorder()
    const cache: RemoteCache = { restore: async () => Promise.reject(new Error('503\n<html>')), save: async () => {} }
    expect(await restoreFolder(cache, entry, report)).toBe(false)
    expect(report.warnings).toEqual(['the layers of the base cannot be restored from the cache: 503; going on without'])
  })

  it('waits no longer than its limit', async () => {
    const report = recorder()
    const cache: RemoteCache = { restore: async () => await new Promise(() => {}), save: async () => {} }
    expect(await restoreFolder(cache, entry, report, 10)).toBe(false)
    expect(report.warnings).toEqual([expect.stringMatching(/no answer within 0.01 s/)])
  })
})

describe('saveFolder', () => {
  it('turns a failure into a warning', async () => {
    const report = recorder()
    const cache: RemoteCache = { restore: async () => false, save: async () => Promise.reject(new Error('quota')) }
    await saveFolder(cache, entry, report, new AbortController().signal)
    expect(report.warnings).toEqual(['the layers of the base cannot be saved to the cache: quota'])
  })
})
