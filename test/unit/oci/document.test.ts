import { describe, expect, it } from 'vitest'
import { ImageError } from '../../../src/errors.ts'
import { DOCUMENT_LIMIT_BYTES, parseDocument } from '../../../src/oci/document.ts'

const read = (text: string) => parseDocument(Buffer.from(text), 'it')
const nested = (depth: number) => `${'{"a":'.repeat(depth - 1)}{}${'}'.repeat(depth - 1)}`

describe('a document of others', () => {
  it.each([
    ['{"a":1,"a":2}', 'a'],
    ['{"b":[{"x":"{","\\u0061":1,"a" :2}]}', 'a'],
    ['{"a\\"b":{},"c":["c","c"],"a\\"b":1}', 'a\\"b'],
  ])('with a name twice in one object is refused: %s', (text, name) => {
    expect(() => read(text)).toThrow(`it has "${name}" twice in one object`)
  })

  it('may have a name in several objects, and texts that look like names', () => {
    expect(read('{"a":{"a":"a"},"b":[{"a":":"},{"a":"\\"a\\":"}]}')).toEqual({
      a: { a: 'a' },
      b: [{ a: ':' }, { a: '"a":' }],
    })
  })

  it('has at most 64 levels', () => {
    expect(read(nested(64))).toHaveProperty('a')
    expect(() => read(nested(65))).toThrow('nested deeper than 64')
  })

  it('has at most 4 MiB', () => {
    const sized = (bytes: number) => `{"a":"${'x'.repeat(bytes - 8)}"}`
    expect(read(sized(DOCUMENT_LIMIT_BYTES))).toHaveProperty('a')
    expect(() => read(sized(DOCUMENT_LIMIT_BYTES + 1))).toThrow(ImageError)
  })
})
