import { describe, expect, it } from 'vitest'
import { configProblems, mergedChanges, parseContainerconfig } from '../../../src/oci/containerconfig.ts'

const KNOWN = 'entrypoint, cmd, env, labels, user, workdir, expose, volumes, stopsignal, author, history'

describe('parseContainerconfig', () => {
  it('takes every key', () => {
    const value = {
      entrypoint: ['no-entrypoint'],
      cmd: ['sleep', '10'],
      env: { A: 'b', N: 1, T: true, GONE: null },
      labels: { l: 'm' },
      user: 107,
      workdir: '/work',
      expose: [80, '53/udp'],
      volumes: ['/data'],
      stopsignal: 'SIGTERM',
    }
    expect(parseContainerconfig(value)).toEqual({
      changes: { ...value, env: { A: 'b', N: '1', T: 'true', GONE: null }, user: '107', expose: ['80', '53/udp'] },
      problems: [],
    })
  })

  it('takes nothing at all for no change', () => {
    expect(parseContainerconfig(null)).toEqual({ changes: {}, problems: [] })
    expect(parseContainerconfig(undefined)).toEqual({ changes: {}, problems: [] })
  })

  it('takes null for clearing any key', () => {
    const value = Object.fromEntries(KNOWN.split(', ').map((key) => [key, null]))
    expect(parseContainerconfig(value)).toEqual({ changes: value, problems: [] })
  })

  it.each([
    [{ entrypoint: '/bin/sh' }, 'entrypoint: write a list: ["sh", "-c"]'],
    [{ cmd: ['sleep', 10] }, 'cmd: a list of texts is needed: write "10" in quotes'],
    [{ cmd: [['a']] }, 'cmd: a list of texts is needed: such as ["sleep", "10"]'],
    [{ env: ['A=b'] }, 'env: write a mapping: NAME: VALUE'],
    [{ labels: { a: { b: 'c' } } }, 'labels: the value of "a" is no text'],
    [{ user: ['root'] }, 'user: write one text'],
    [{ user: 'a b' }, 'user: "a b" is not a user: write USER, UID or USER:GROUP'],
    [{ workdir: 'work' }, 'workdir: "work" is not an absolute path: start it with /'],
    [{ expose: [0] }, 'expose: "0" is not a port: write 1 to 65535, with /tcp or /udp after it where it matters'],
    [
      { expose: ['80/icmp'] },
      'expose: "80/icmp" is not a port: write 1 to 65535, with /tcp or /udp after it where it matters',
    ],
    [{ volumes: ['data'] }, 'volumes: "data" is not an absolute path: start it with /'],
    [{ stopsignal: 'TERM' }, 'stopsignal: "TERM" is not a signal: write SIGTERM, SIGRTMIN+3 or a number'],
    [{ env: { 'A=B': 'c' } }, 'env: "A=B" cannot be the name of a variable'],
    [{ Entrypoint: [] }, `unknown key "Entrypoint": known are ${KNOWN}`],
    [{ constructor: 'x' }, `unknown key "constructor": known are ${KNOWN}`],
    [['cmd'], `write a mapping with the keys ${KNOWN}`],
    ['cmd', `write a mapping with the keys ${KNOWN}`],
  ])('answers %j with one sentence', (value, problem) => {
    expect(parseContainerconfig(value).problems).toEqual([problem])
  })

  it('tells all problems at once and keeps what is valid', () => {
    const { changes, problems } = parseContainerconfig({ cmd: 'x', nonsense: 1, user: 'kiwi' })
    expect(problems).toHaveLength(2)
    expect(changes).toEqual({ user: 'kiwi' })
  })

  it('keeps names that JavaScript treats specially', () => {
    const { changes } = parseContainerconfig({ labels: JSON.parse('{"__proto__": "x"}') })
    expect(Object.entries(changes.labels ?? {})).toEqual([['__proto__', 'x']])
  })
})

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
