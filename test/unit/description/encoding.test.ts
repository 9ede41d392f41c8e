import { describe, expect, it } from 'vitest'
import { decodedText } from '../../../src/description/encoding.ts'
import { problemsOf } from './described.ts'

const declared = (encoding: string, rest: string) => `<?xml version="1.0" encoding='${encoding}'?>\n${rest}`
const decode = (bytes: Uint8Array) => decodedText(bytes, '/d/config.xml')
const utf16be = (text: string) => Buffer.from(text, 'utf16le').swap16()

describe('the encoding of a description', () => {
  it('is UTF-8 where nothing is said', () => {
    expect(decode(Buffer.from('<a>ä😀</a>'))).toBe('<a>ä😀</a>')
  })

  it('is what the declaration says', () => {
    expect(decode(Buffer.from(declared('ISO-8859-1', 'ä'), 'latin1'))).toBe(declared('ISO-8859-1', 'ä'))
  })

  it('knows encodings of the east', () => {
    const bytes = Buffer.concat([Buffer.from(declared('koi8-r', '')), Buffer.from([0xcb])])
    expect(decode(bytes)).toBe(declared('koi8-r', 'к'))
  })

  it.each([
    ['UTF-8', Buffer.from(`\ufeff${declared('utf-8', 'ä')}`)],
    ['UTF-16, little endian', Buffer.from(`\ufeff${declared('utf-8', 'ä')}`, 'utf16le')],
    ['UTF-16, big endian', utf16be(`\ufeff${declared('utf-8', 'ä')}`)],
    ['UTF-16 without a mark', Buffer.from(declared('utf-8', 'ä'), 'utf16le')],
  ])('follows the byte order mark of %s, which is not part of the text', (_, bytes) => {
    expect(decode(bytes)).toBe(declared('utf-8', 'ä'))
  })

  it('is refused where it is not known', async () => {
    const { lines } = await problemsOf(() => decode(Buffer.from(declared('klingon', ''))))
    expect(lines).toEqual(['config.xml:1: the encoding klingon is not known: save the file as UTF-8 and declare that'])
  })

  it('is refused with the line of the first byte that does not fit', async () => {
    const { lines } = await problemsOf(() => decode(Buffer.from('<a>\n\n\xe4\n</a>', 'latin1')))
    expect(lines).toEqual(['config.xml:3: these bytes are no UTF-8: save the file as UTF-8'])
  })

  it('is refused where the declaration cannot be true', async () => {
    const { lines } = await problemsOf(() => decode(Buffer.from(declared('utf-16', '<a/>'))))
    expect(lines[0]).toContain('the XML declaration says utf-16, but the file is not written so')
  })

  it('refuses UTF-32', async () => {
    const { lines } = await problemsOf(() => decode(Buffer.from([0xff, 0xfe, 0, 0, 0x3c, 0, 0, 0])))
    expect(lines[0]).toContain('the encoding utf-32 is not known')
  })
})
