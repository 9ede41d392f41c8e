import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { parsePlatform, platformText } from '../../../src/oci/platform.ts'
import { parseReference, referenceText } from '../../../src/oci/reference.ts'

const letters = 'abcdefghijklmnopqrstuvwxyz0123456789'
const word = fc.string({ unit: fc.constantFrom(...letters), minLength: 1, maxLength: 12 })
const component = fc
  .tuple(word, fc.array(fc.tuple(fc.constantFrom('.', '_', '__', '-', '--'), word), { maxLength: 2 }))
  .map(([first, rest]) => first + rest.map((pair) => pair.join('')).join(''))
const host = fc.oneof(
  fc.domain(),
  fc.ipV4(),
  fc.ipV6().map((address) => `[${address.replace(/:\d+\.\d+\.\d+\.\d+$/, ':1')}]`),
  fc.constant('localhost'),
)
const registry = fc.oneof(
  host,
  fc.tuple(host, fc.integer({ min: 1, max: 65535 })).map(([name, port]) => `${name}:${port}`),
)
const tag = fc
  .tuple(
    fc.constantFrom(...letters, 'A', '_'),
    fc.string({ unit: fc.constantFrom(...letters, 'Z', '.', '-', '_'), maxLength: 127 }),
  )
  .map((parts) => parts.join(''))
const digest = fc
  .string({ unit: fc.constantFrom(...'0123456789abcdef'), minLength: 64, maxLength: 64 })
  .map((hex) => `sha256:${hex}`)
const optional = (sign: string, part: fc.Arbitrary<string>) =>
  fc.option(part).map((text) => (text === null ? '' : `${sign}${text}`))
const full = fc
  .tuple(registry, fc.array(component, { minLength: 1, maxLength: 4 }), optional(':', tag), optional('@', digest))
  .map(([at, parts, tagged, pinned]) => `${at}/${parts.join('/')}${tagged}${pinned}`)

describe('any reference', () => {
  it('that is full comes back as it was written', () => {
    fc.assert(
      fc.property(full, (text) => {
        const reference = parseReference(text)
        expect(typeof reference === 'string' ? reference : referenceText(reference)).toBe(text)
      }),
    )
  })

  it('whatever the text, is one sentence or a reference that comes back', () => {
    const text = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: fc.constantFrom(...'aA1.:/@_-[] ') }), full)
    fc.assert(
      fc.property(text, (given) => {
        const reference = parseReference(given)
        if (typeof reference === 'string') expect(reference.split('\n')).toHaveLength(1)
        else expect(parseReference(referenceText(reference))).toEqual(reference)
      }),
      { numRuns: 1000 },
    )
  })
})

describe('any platform', () => {
  it('that is known comes back from its text', () => {
    const text = fc.tuple(
      fc.constantFrom('linux', 'windows'),
      fc.constantFrom('amd64', 'x86_64', 'arm', 'armhf', 'arm64', 's390x'),
      fc.constantFrom('', '/v8', '/v1'),
    )
    fc.assert(
      fc.property(text, ([os, architecture, variant]) => {
        const platform = parsePlatform(`${os}/${architecture}${variant}`)
        if (platform !== undefined) expect(parsePlatform(platformText(platform))).toEqual(platform)
      }),
    )
  })
})
