import { describe, expect, it } from 'vitest'
import { type ContainerNaming, containerNames, containerNameText } from '../../../src/oci/containername.ts'

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

  it('are there once each', () => {
    expect(texts({ name: 'vm', tag: '1', additionalNames: [':1', 'vm'] })).toEqual(['vm:1'])
  })
})
