import { describe, expect, it } from 'vitest'
import {
  dockerNames,
  indexNames,
  nameProblem,
  refNames,
  storageNames,
} from '../../../src/registry/target/targetnames.ts'

const NAMES = [
  { repository: 'acme/x', tag: '1.0' },
  { repository: 'acme/x', tag: 'latest' },
  { repository: 'other', tag: '2' },
]
const layout = (name?: string) => ({ transport: 'oci', path: 'x', ...(name === undefined ? {} : { name }) }) as const

describe('refNames', () => {
  it.each([
    [
      'without one the own names: plain tags, and repositories where they differ',
      undefined,
      ['1.0', 'latest', 'other:2'],
    ],
    ['the main tag brings the further ones', '1.0', ['1.0', 'latest', 'other:2']],
    ['the main name as KIWI writes it does too, as it stands', 'acme/x:1.0', ['acme/x:1.0', 'latest', 'other:2']],
    ['any other stands alone', 'latest', ['latest']],
  ])('of a destination: %s', (_, name, expected) => {
    expect(refNames(layout(name), NAMES)).toEqual(expected)
  })

  it('are none where nothing says one', () => {
    expect(refNames(layout(), [])).toEqual([])
  })
})

describe('indexNames', () => {
  it("have the whole name beside the container's own, and beside no other", () => {
    expect(indexNames(layout('1.0'), NAMES.slice(0, 1))).toEqual([{ ref: '1.0', whole: 'docker.io/acme/x:1.0' }])
    expect(indexNames(layout('mine'), NAMES)).toEqual([{ ref: 'mine' }])
  })
})

describe('dockerNames', () => {
  it('are whole, as docker reads them', () => {
    expect(dockerNames(undefined, NAMES)).toEqual([
      'docker.io/acme/x:1.0',
      'docker.io/acme/x:latest',
      'docker.io/library/other:2',
    ])
  })

  it('are the one in the text, and all where that is the main name', () => {
    expect(dockerNames('localhost:5000/y', NAMES)).toEqual(['localhost:5000/y:latest'])
    expect(dockerNames('docker.io/acme/x:1.0', NAMES)).toHaveLength(3)
    expect(dockerNames('acme/x:latest', NAMES)).toEqual(['docker.io/acme/x:latest'])
  })
})

describe('storageNames', () => {
  it('stand behind the store that the text begins with', () => {
    const path = '[vfs@/a+/b]acme/x:1.0'
    expect(storageNames({ transport: 'containers-storage', path }, NAMES)).toEqual([
      '[vfs@/a+/b]docker.io/acme/x:1.0',
      '[vfs@/a+/b]docker.io/acme/x:latest',
      '[vfs@/a+/b]docker.io/library/other:2',
    ])
  })

  it('are left to skopeo where the text has more than a name', () => {
    const path = `x@${'a'.repeat(64)}`
    expect(storageNames({ transport: 'containers-storage', path }, NAMES)).toEqual([path])
  })
})

describe('nameProblem', () => {
  it('says which name a layout cannot have', () => {
    expect(nameProblem(layout(), [{ repository: 'x', tag: '1_' }])).toBe(
      "'1_' cannot be the name of an image in a layout: write oci:PATH:REF",
    )
  })

  it('looks only at names that are used', () => {
    const names = [{ repository: 'Acme/X', tag: '1' }]
    const archive = { transport: 'docker-archive', path: 'x.tar' } as const
    expect(nameProblem({ ...archive, name: 'x' }, names)).toBeUndefined()
    expect(nameProblem(archive, names)).toMatch(/lower case: write acme\/x/)
  })
})
