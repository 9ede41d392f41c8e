import { describe, expect, it } from 'vitest'
import { attributeValue, isTrue, type XmlElement, xmlTree } from '../../../src/description/xml.ts'
import { problemsOf } from './described.ts'

const read = (text: string) => xmlTree({ file: '/d/config.xml', text })
const problem = async (text: string) => (await problemsOf(() => read(text))).lines[0]
const slice = (text: string, span: { start: number; end: number }) => text.slice(span.start, span.end)

function child(element: XmlElement, index: number): XmlElement {
  const found = element.children[index]
  if (found === undefined) throw new Error(`no child ${index}`)
  return found
}

describe('the XML tree', () => {
  it('is at most 64 elements deep, and a deeper one is refused at once', async () => {
    const nested = (depth: number) => `${'<a>'.repeat(depth)}${'</a>'.repeat(depth)}`
    expect(read(nested(64)).children).toHaveLength(1)
    expect(await problem(nested(65))).toContain('elements are nested deeper than 64')
    expect(await problem('<a>'.repeat(200_000))).toContain('elements are nested deeper than 64')
  })

  it('keeps line and span of elements and attributes, with characters beyond 16 bits and all kinds of line ends', () => {
    const text = `<?xml version="1.0"?>\r\n<!-- 😀 -->\n<image name='😀'\n\t version = "1">\r<type\n  a="x>y"/>😀</image>\n`
    const image = read(text)
    const type = child(image, 0)
    expect(image).toMatchObject({ name: 'image', line: 3, text: '\n😀' })
    expect(slice(text, image)).toBe(text.slice(text.indexOf('<image'), -1))
    expect(image.attributes.map((attribute) => [attribute.line, slice(text, attribute)])).toEqual([
      [3, ` name='😀'`],
      [4, `\n\t version = "1"`],
    ])
    expect(image.attributes.map((at) => text.slice(at.valueStart, at.valueEnd))).toEqual(['😀', '1'])
    expect([type.line, slice(text, type)]).toEqual([5, '<type\n  a="x>y"/>'])
    expect(type.attributes[0]).toMatchObject({ name: 'a', value: 'x>y', line: 6 })
    expect(type.tagEnd).toBe(type.end)
  })

  it('resolves references and entities and reads CDATA', () => {
    const text = `<!DOCTYPE image [\n<!-- <!ENTITY no "1"> -->\n<!ENTITY a "1.&b;">\n<!ENTITY b '&#50;&amp;&lt;'>\n<!ENTITY a "second">\n]>\n<image name="&a;&#x41;">&b;<![CDATA[<&]]></image>`
    const image = read(text)
    expect(attributeValue(image, 'name')).toBe('1.2&<A')
    expect(image.text).toBe('2&<<&')
  })

  it('reads the document type of a description without entities', () => {
    expect(read('<!DOCTYPE image SYSTEM "kiwi.dtd" [<!ELEMENT image ANY>]><image/>').name).toBe('image')
  })

  it('reads booleans as XML Schema does', () => {
    const image = read('<image a="true" b=" 1 " c="false" d="yes"/>')
    expect(['a', 'b', 'c', 'd', 'e'].map((name) => isTrue(image, name))).toEqual([true, true, false, false, false])
  })

  it.each([
    [
      '<image>\n<type>\n</image>',
      'config.xml:3: not well-formed XML: this closing tag does not fit: write </type> for the <type> of line 2 first',
    ],
    ['<image>\n<type>\n', 'config.xml:2: not well-formed XML: <type> of line 2 is never closed: write </type>'],
    [
      '<image>\n<a>R & D</a>\n</image>',
      'config.xml:2: not well-formed XML: this &name; is not declared: write & as &amp;',
    ],
    ['<image\n a="1"\n a="2"/>', 'config.xml:3: not well-formed XML: the attribute a is written twice: remove one'],
    [
      '<image>\n<type image=oem/></image>',
      'config.xml:2: not well-formed XML: write the value of the attribute in quotes',
    ],
    [
      '<image>\n\n&release;</image>',
      'config.xml:3: not well-formed XML: this &name; is not declared: write & as &amp;',
    ],
    [
      '<image>\n\n&constructor;</image>',
      'config.xml:3: not well-formed XML: this &name; is not declared: write & as &amp;',
    ],
    ['<image>\n1 < 2</image>', 'config.xml:2: not well-formed XML: no element starts so: write < as &lt;'],
    [
      '<image a="<"/>',
      'config.xml:1: not well-formed XML: this character may not stand here (write < as &lt; and & as &amp;)',
    ],
    ['<image primary/>', 'config.xml:1: not well-formed XML: an attribute is written name="value"'],
    ['<image a="1"b="2"/>', 'config.xml:1: not well-formed XML: write a space between the attributes'],
    ['<image xsi:a="1"/>', 'config.xml:1: not well-formed XML: the prefix xsi: is not declared: add xmlns:xsi="…"'],
    ['<image/>\n<image/>', 'config.xml:2: not well-formed XML: only one <image> may stand in the file'],
    ['<image/>\ntext', 'config.xml:2: not well-formed XML: there is text outside of the outermost element: remove it'],
    ['</image>', 'config.xml:1: not well-formed XML: </image> closes nothing: remove it'],
    ['<image><!-- a -- b --></image>', 'config.xml:1: not well-formed XML: a comment may not hold --'],
    [
      '\n<?xml version="1.0"?><image/>',
      'config.xml:2: not well-formed XML: <?xml …?> must be the very first in the file',
    ],
    ['<image>&#0;</image>', 'config.xml:1: not well-formed XML: this &#number; is no character'],
    ['', 'config.xml:1: not well-formed XML: the file holds no element: write an <image> description'],
  ])('refuses %j with the line and in plain words', async (text, message) => {
    expect(await problem(text)).toBe(message)
  })

  it.each([
    [
      '<!ENTITY a SYSTEM "file:///etc/passwd">',
      'the entity a stands for another file, which is not read: write its text here, or use <include>',
    ],
    [
      '<!ENTITY a PUBLIC "x" "y">',
      'the entity a stands for another file, which is not read: write its text here, or use <include>',
    ],
    ['<!ENTITY % a "b">', 'parameter entities (%name;) are not supported: write their text out'],
    ['%a;', 'parameter entities (%name;) are not supported: write their text out'],
    ['<!ENTITY a "&#x3C;b/>">', 'the entity a holds < as a character reference: write < itself'],
    ['<!ENTITY a "&b;"><!ENTITY b "&a;">', 'the entity a holds itself'],
    ['<!ENTITY a "&c;">', 'the entity c is used but not declared'],
    ['<!ENTITY a "&constructor;">', 'the entity constructor is used but not declared'],
    ['<!ENTITY a "&#x110000;">', '&#x110000; in the entity a is no character'],
  ])('refuses the declaration %s', async (declaration, message) => {
    expect(await problem(`<!DOCTYPE image [\n${declaration}\n]><image/>`)).toBe(`config.xml:2: ${message}`)
  })

  it('refuses entities that are large all together', async () => {
    const many = Array.from({ length: 20 }, (_, index) => `<!ENTITY m${index} "&large;">`)
    const text = `<!DOCTYPE image [<!ENTITY large "${'x'.repeat(900_000)}">${many.join('')}]><image/>`
    expect(await problem(text)).toMatch(/the entity m\d+ grows beyond all measure/)
  })

  it('refuses entities that multiply', async () => {
    const levels = Array.from({ length: 9 }, (_, level) => `<!ENTITY l${level + 1} "${`&l${level};`.repeat(10)}">`)
    const text = `<!DOCTYPE image [<!ENTITY l0 "lol">${levels.join('')}]><image>&l9;</image>`
    expect(await problem(text)).toMatch(/the entity l\d grows beyond all measure/)
  })
})
