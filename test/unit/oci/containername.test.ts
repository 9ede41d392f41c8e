import { describe, expect, it } from 'vitest'
import {
  type ContainerNaming,
  containerNames,
  containerNameText,
  namingProblems,
} from '../../../src/oci/container/containername.ts'

const texts = (naming: ContainerNaming) => containerNames(naming).map(containerNameText)

describe('the names of a container', () => {
  it('are none without a name', () => {
    expect(texts({ tag: '1', additionalNames: [':2'] })).toEqual([])
  })

  it('have the tag latest where none is given', () => {
    expect(texts({ name: 'acme/vm' })).toEqual(['acme/vm:latest'])
  })

  it('take from the main one what an additional one leaves out', () => {
    expect(
      texts({ name: 'acme/vm', tag: '1.0', additionalNames: [':1', 'other', 'other:2', '127.0.0.1:5000/x'] }),
    ).toEqual(['acme/vm:1.0', 'acme/vm:1', 'other:1.0', 'other:2', '127.0.0.1:5000/x:1.0'])
  })

  it('take further ones as a list in a description has them, with blanks and gaps', () => {
    expect(texts({ name: 'vm', tag: '1', additionalNames: ['a:2', ' b:3 ', ''] })).toEqual(['vm:1', 'a:2', 'b:3'])
  })

  it('are there once each', () => {
    expect(texts({ name: 'vm', tag: '1', additionalNames: [':1', 'vm'] })).toEqual(['vm:1'])
  })
})

describe('namingProblems', () => {
  it.each([
    {},
    { name: null, tag: null, additionalNames: null },
    { name: 'vm' },
    { name: 'Acme/VM' },
    { name: 'localhost:5000/acme/vm', tag: '1.0+git1', additionalNames: [':1', ' other:2', '127.0.0.1:5000/x'] },
  ])('has none for %j', (naming) => {
    expect(namingProblems(naming)).toEqual([])
  })

  it.each([
    [{ name: 'acme/vm:1' }, 'name', '"acme/vm:1" is more than a name: write the tag as tag'],
    [{ name: 'a b' }, 'name', '"a b" is no name of a container: a reference holds no spaces'],
    [{ tag: '-1' }, 'tag', '"-1" is not a tag: use A-Z, a-z, 0-9 and . _ - between them'],
    [{ tag: 'a:b' }, 'tag', '"a:b" is not a tag: use A-Z, a-z, 0-9 and . _ - between them'],
    [
      { additionalNames: ['a:1', ':'] },
      'additionalnames',
      '":" names nothing: write REPOSITORY:TAG, REPOSITORY or :TAG',
    ],
    [{ additionalNames: [':a b'] }, 'additionalnames', '"a b" is not a tag: use A-Z, a-z, 0-9 and . _ - between them'],
  ])('tells of %j', (naming, key, text) => {
    expect(namingProblems(naming)).toEqual([{ key, text }])
  })
})
