import { expect, it } from 'vitest'
import requirements from '../../../src/kiwi/requirements.json' with { type: 'json' }
import { kiwiVersionIn, PINNED_VERSION } from '../../../src/kiwi/version.ts'

it.each([
  ['KIWI (next generation) version 9.24.61\n', '9.24.61'],
  ['KIWI (next generation) version 10.2.45\n', '10.2.45'],
  ['KIWI (next generation) version 11.1.6\n', '11.1.6'],
])('the version is found in what KIWI prints: %s', (output, version) => {
  expect(kiwiVersionIn(output)).toBe(version)
})

it('a text of something else has no version', () => {
  expect(kiwiVersionIn('Traceback (most recent call last):')).toBeUndefined()
})

it('the pinned version is the one that is locked', () => {
  expect(requirements.kiwi[0]?.split(' ')[0]).toBe(`kiwi==${PINNED_VERSION}`)
})
