import { describe, expect, it } from 'vitest'
import { baseKey, cacheKey, packagesFolder, packagesKey } from '../../src/cache/key.ts'

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
