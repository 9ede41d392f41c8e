import { describe, expect, it } from 'vitest'
import { configProblems, mergedChanges } from '../../../src/oci/container/containerconfig.ts'

describe('configProblems', () => {
  it('has none for clearing and for nothing', () => {
    expect(configProblems({})).toEqual([])
    expect(configProblems({ user: null, env: null, expose: null })).toEqual([])
  })
})

describe('mergedChanges', () => {
  it('lets the input win key by key', () => {
    const description = { cmd: ['a'], user: 'kiwi', env: { A: '1', B: '2' }, labels: { l: '1' } }
    const input = { cmd: null, env: { B: '3', C: null } }
    expect(mergedChanges(description, input)).toEqual({
      cmd: null,
      user: 'kiwi',
      env: { A: '1', B: '3', C: null },
      labels: { l: '1' },
    })
  })

  it("clears the base's cmd under an entrypoint of the input, unless there is a cmd", () => {
    expect(mergedChanges({}, { entrypoint: ['a'] })).toEqual({ entrypoint: ['a'], cmd: null })
    expect(mergedChanges({}, { entrypoint: ['a'], cmd: ['b'] })).toEqual({ entrypoint: ['a'], cmd: ['b'] })
    expect(mergedChanges({ cmd: ['c'] }, { entrypoint: ['a'] })).toEqual({ entrypoint: ['a'], cmd: ['c'] })
    expect(mergedChanges({}, { entrypoint: null })).toEqual({ entrypoint: null, cmd: null })
    expect(mergedChanges({}, { entrypoint: [] })).toEqual({ entrypoint: [], cmd: null })
  })

  it("keeps the base's cmd under an entrypoint of the description, as KIWI does", () => {
    expect(mergedChanges({ entrypoint: ['a'] }, {})).toEqual({ entrypoint: ['a'] })
  })

  it('merges the history member by member', () => {
    const description = { history: { createdBy: 'a', author: 'b' } }
    expect(mergedChanges(description, { history: { author: null } })).toEqual({
      history: { createdBy: 'a', author: null },
    })
    expect(mergedChanges(description, { history: null })).toEqual({ history: null })
  })

  it('clears env and labels as a whole where the input says so', () => {
    expect(mergedChanges({ env: { A: '1' }, labels: { l: '1' } }, { env: null })).toEqual({
      env: null,
      labels: { l: '1' },
    })
  })
})
