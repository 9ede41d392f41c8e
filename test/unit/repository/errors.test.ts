import { describe, expect, it } from 'vitest'
import { errorCodes } from '../../../src/errorcode.ts'
import { sourceFiles } from './source.ts'
import { filesLike, textOf } from './tree.ts'

interface Entry {
  readonly code: string
  readonly exitCode: number
  /** The file whose test brings it about. */
  readonly test: string
  /** What happened, and what helps. */
  readonly words: readonly string[]
}

const ENTRIES: readonly Entry[] = textOf('docs/errors.md')
  .split('\n')
  .filter((line) => line.startsWith('| `'))
  .map((line) => {
    const [, code = '', exit = '', cause = '', remedy = '', test = ''] = line.split('|').map((cell) => cell.trim())
    const plain = (cell: string) => cell.replaceAll('`', '')
    return { code: plain(code), exitCode: Number(exit), test: `test/${plain(test)}.test.ts`, words: [cause, remedy] }
  })
const KNOWN = Object.entries(errorCodes)

describe('docs/errors.md', () => {
  it('has every code of the source once and no other, with its exit code', () => {
    expect(KNOWN.length).toBeGreaterThan(60)
    const documented = ENTRIES.map(({ code, exitCode }) => [code, exitCode])
    expect(documented.toSorted()).toEqual(KNOWN.toSorted())
  })

  it('says of each what happened and what helps', () => {
    const silent = ENTRIES.filter(({ words }) => words.some((text) => !/^[^a-z].*\.$/.test(text)))
    expect(silent.map(({ code }) => code)).toEqual([])
  })

  it('names a test that asserts the code', () => {
    const tests = new Set(filesLike(/^test\/.*\.test\.ts$/))
    const missing = ENTRIES.filter(({ code, test }) => !tests.has(test) || !textOf(test).includes(`'${code}'`))
    expect(missing.map(({ code, test }) => `${code} in ${test}`)).toEqual([])
  })
})

describe('the codes of the source', () => {
  const sources = sourceFiles().filter(({ path }) => path !== 'src/errorcode.ts')
  const all = sources.map(({ code }) => code).join('\n')

  /** Codes that are made of a word: the outcome of a program, the refusal of a registry. */
  const made = (prefix: string, pattern: RegExp) =>
    [...all.matchAll(pattern)].map(([, kind]) => `${prefix}-${kind}`).filter((code) => code in errorCodes)

  it('are all thrown somewhere', () => {
    const thrown = new Set([
      ...made('command', /\bkind: '([a-z-]+)'/g),
      ...made('registry', /\bkind: '([a-z-]+)'/g),
      ...KNOWN.map(([code]) => code).filter((code) => all.includes(`'${code}'`)),
    ])
    expect(KNOWN.map(([code]) => code).filter((code) => !thrown.has(code))).toEqual([])
  })

  it('are of every error but those that are caught where they are thrown', () => {
    const others = sources.flatMap(({ path, code }) =>
      [...code.matchAll(/class (\w+) extends (?:Range|Type)?Error\b/g)].map(([, name]) => `${path}: ${name}`),
    )
    expect(others).toEqual([
      'src/cache/service.ts: UnreachableError',
      'src/description/entities.ts: EntityProblem',
      'src/description/yamlvalue.ts: YamlProblem',
      'src/errors.ts: KnownError',
      'src/oci/packing/zstdframes.ts: ZstdError',
      'src/oci/tar/tarreader.ts: TarError',
      'src/registry/base/archivekind.ts: Enough',
    ])
  })
})
