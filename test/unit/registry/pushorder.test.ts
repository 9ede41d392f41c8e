import { describe, expect, it } from 'vitest'
import { describePush, pushOrder } from '../../../src/registry/target/pushorder.ts'

const named = (tags: readonly string[]) => tags.map((tag) => `ghcr.io/a/x:${tag}`)

describe('pushOrder', () => {
  it('puts the least specific tag last', () => {
    expect(pushOrder(named(['latest', '1', 'v1.2.3', 'main', '1.2']))).toEqual(
      named(['v1.2.3', '1.2', '1', 'main', 'latest']),
    )
  })

  it('keeps the given order among equals, whatever the repository', () => {
    expect(pushOrder(['b.io/x:1.2', 'a.io/x:1.2', 'a.io/x', 'localhost:5000/x:1.2.3'])).toEqual([
      'localhost:5000/x:1.2.3',
      'b.io/x:1.2',
      'a.io/x:1.2',
      'a.io/x',
    ])
  })

  it('takes a version with a suffix for a version, and a hash for none', () => {
    expect(pushOrder(named(['12ab34f', '1.2-rc1']))).toEqual(named(['1.2-rc1', '12ab34f']))
  })
})

describe('describePush', () => {
  it('lists the tags in the order in which they would move', () => {
    expect(describePush(named(['latest', '1']))).toEqual([
      'nothing is pushed: push is false; it would go to',
      '  ghcr.io/a/x:1',
      '  ghcr.io/a/x:latest',
    ])
  })
})
