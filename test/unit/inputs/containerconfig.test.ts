import { describe, expect, it } from 'vitest'
import { parseContainerconfig, readContainerconfig } from '../../../src/inputs/containerconfig.ts'

const KNOWN =
  'name, tag, additionalnames, author, user, workdir, entrypoint, cmd, expose, volumes, stopsignal, env, labels, history'
const NOTHING = { changes: {}, naming: {}, problems: [] }

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
      author: 'Tux <tux@example.com>',
      history: { created_by: 'make', author: 'me', comment: 'why' },
    }
    const naming = { name: 'acme/app', tag: '1.0', additionalnames: ['other', ':stable'] }
    expect(parseContainerconfig({ ...value, ...naming })).toEqual({
      changes: {
        ...value,
        env: { A: 'b', N: '1', T: 'true', GONE: null },
        user: '107',
        expose: ['80/tcp', '53/udp'],
        history: { createdBy: 'make', author: 'me', comment: 'why' },
      },
      naming: { name: 'acme/app', tag: '1.0', additionalNames: ['other', ':stable'] },
      problems: [],
    })
  })

  it("takes KIWI's words for the keys that have others", () => {
    const value = { maintainer: 'Tux', workingdir: '/w', subcommand: ['a'], environment: { A: 'b' } }
    expect(parseContainerconfig(value)).toEqual({
      changes: { author: 'Tux', workdir: '/w', cmd: ['a'], env: { A: 'b' } },
      naming: {},
      problems: [],
    })
  })

  it('takes further names in one text with commas, as the attribute is written', () => {
    expect(parseContainerconfig({ additionalnames: 'a:1, :2' }).naming).toEqual({ additionalNames: ['a:1', ':2'] })
  })

  it('takes nothing at all for no change', () => {
    expect(parseContainerconfig(null)).toEqual(NOTHING)
    expect(parseContainerconfig(undefined)).toEqual(NOTHING)
  })

  it('takes null for clearing any key', () => {
    const value = Object.fromEntries(KNOWN.split(', ').map((key) => [key, null]))
    const { name, tag, additionalnames, ...changes } = value
    const naming = { name, tag, additionalNames: additionalnames }
    expect(parseContainerconfig(value)).toEqual({ changes, naming, problems: [] })
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
    [{ workingdir: 'work' }, 'workingdir: "work" is not an absolute path: start it with /'],
    [
      { workdir: '/a', workingdir: '/b' },
      "workingdir: is KIWI's word for workdir, which is given too: write one of the two",
    ],
    [{ name: 'acme/app:1' }, 'name: "acme/app:1" is more than a name: write the tag as tag'],
    [{ name: ['a'] }, 'name: write one text'],
    [{ tag: 'a b' }, 'tag: "a b" is not a tag: use A-Z, a-z, 0-9 and . _ - between them'],
    [{ additionalnames: { a: 'b' } }, 'additionalnames: write a list: ["acme/other:1.0", ":stable"]'],
    [{ history: 'x' }, 'history: write a mapping with created_by, author, comment'],
    [{ history: { by: 'x' } }, 'history: unknown key "by": known are created_by, author, comment'],
    [{ history: { author: ['x'] } }, 'history: the value of "author" is no text'],
    [{ Entrypoint: [] }, `unknown key "Entrypoint": did you mean entrypoint? known are ${KNOWN}`],
    [{ environ: {} }, `unknown key "environ": did you mean environment? known are ${KNOWN}`],
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

describe('readContainerconfig', () => {
  it('keeps scalars as they were written', () => {
    expect(readContainerconfig('tag: 1.10\nuser: 010').naming).toEqual({ tag: '1.10' })
    expect(readContainerconfig('tag: 1.10\nuser: 010').changes).toEqual({ user: '010' })
  })

  it('takes an empty text for no change', () => {
    expect(readContainerconfig('\n  \n')).toEqual(NOTHING)
  })

  it('answers what is no YAML with one sentence', () => {
    expect(readContainerconfig('a: [b').problems).toEqual([expect.stringMatching(/^no valid YAML: [^\n]+$/)])
  })
})

it.each([
  ['a tag that is none', 'author: !text Ada'],
  ['an alias that may mean two things', 'author: &a x\nuser: *a:'],
  ['a key that is a mapping', 'env: {{A: b}: c}'],
])('refuses %s, of which the parser only warns, past our log', (_, text) => {
  expect(readContainerconfig(text).problems).toEqual([expect.stringMatching(/^no valid YAML: /)])
})
