import { describe, expect, it } from 'vitest'
import { attributeValue, type XmlElement, xmlTree } from '../../../src/description/xml.ts'
import { yamlAsXml } from '../../../src/description/yaml.ts'
import { problemsOf } from './described.ts'

const file = '/d/config.yaml'
const tree = (text: string) => xmlTree({ file, ...yamlAsXml(text, file) })
const lines = async (text: string) => (await problemsOf(() => tree(text))).lines

function outline(element: XmlElement): unknown {
  const attributes = element.attributes.map((attribute) => `${attribute.name}=${attribute.value}`)
  return [
    element.name,
    ...attributes,
    ...(element.text.trim() === '' ? [] : [element.text]),
    ...element.children.map(outline),
  ]
}

describe('the YAML form', () => {
  it('has attributes, texts, and lists that repeat their element', () => {
    const image = tree(`image:
  '@name': x
  type:
    - '@image': oem
      size:
        '@unit': M
        '#text': 300
    - '@image': iso
  package: [a, b]
  empty:
  none: ~
  nothing: []
`)
    expect(outline(image)).toEqual([
      'image',
      'name=x',
      ['type', 'image=oem', ['size', 'unit=M', '300']],
      ['type', 'image=iso'],
      ['package', 'a'],
      ['package', 'b'],
      ['empty'],
      ['none'],
    ])
  })

  it.each(['1.10.0', '1.10', '0755', '1e3', '.5', '0x1F', '2026-01-02', '12_000', 'yes', 'off', '1:30'])(
    'keeps the scalar %s as it is written',
    (scalar) => {
      const image = tree(`image:\n  '@a': ${scalar}\n  b: ${scalar}\n`)
      expect([attributeValue(image, 'a'), image.children[0]?.text]).toEqual([scalar, scalar])
    },
  )

  it('writes booleans as XML does, unless they are quoted', () => {
    expect(outline(tree(`image: {'@a': True, '@b': "True", c: FALSE}`))).toEqual([
      'image',
      'a=true',
      'b=True',
      ['c', 'false'],
    ])
  })

  it('carries every character over', () => {
    const image = tree(`image:\n  '@a': "<&\\"'>\\t\\n\\r ä😀"\n  b: "]]> <&\\n\\r end"\n`)
    expect([attributeValue(image, 'a'), image.children[0]?.text]).toEqual([`<&"'>\t\n\r ä😀`, ']]> <&\n\r end'])
  })

  it('follows anchors, aliases and merge keys, where own keys win', () => {
    const image = tree(`image:
  a: &a {'@x': 1, '@y': 1}
  b: &b {'@x': 2, '@z': 2}
  c: *a
  d: {<<: *a, '@y': 3}
  e: {<<: [*b, *a]}
`)
    expect(image.children.slice(2).map(outline)).toEqual([
      ['c', 'x=1', 'y=1'],
      ['d', 'y=3', 'x=1'],
      ['e', 'x=2', 'z=2', 'y=1'],
    ])
  })

  it('names the lines of the YAML file for elements and attributes', () => {
    const image = tree(`# comment
image:
  '@name': x
  text: |
    one
    two
  type:
    - '@image': oem

      '@format': qcow2
    - '@image': iso
`)
    expect([image.line, image.attributes[0]?.line]).toEqual([2, 3])
    const [text, oem, iso] = image.children
    expect([text?.line, oem?.line, iso?.line]).toEqual([4, 8, 11])
    expect(oem?.attributes.map((attribute) => attribute.line)).toEqual([8, 10])
  })

  it.each([
    ['image:\n  a: [1\n', /config\.yaml:3: not valid YAML: /],
    ['image:\n  a: "x\n', /config\.yaml:3: not valid YAML: Missing closing "quote/],
    ['image:\n  @name: x\n', /config\.yaml:2: not valid YAML: Plain value cannot start with reserved character @/],
    ['image:\n\ta: 1\n', /config\.yaml:2: not valid YAML: Tabs are not allowed as indentation/],
    ['image:\n  a: 1\n  a: 2\n', /config\.yaml:3: not valid YAML: Map keys must be unique/],
    ['image:\n  a: !shell x\n', /config\.yaml:2: not valid YAML: Unresolved tag: !shell/],
    ['image: {}\n---\nimage: {}\n', /config\.yaml:2: not valid YAML: several documents \(---\) in one file: write one/],
    ['image:\n  a: *b\n', /config\.yaml:2: the anchor &b is not defined above/],
    ['image:\n  a: &a\n    b: *a\n', /config\.yaml:3: the alias \*a holds itself/],
    ['image:\n  <<: x\n', /config\.yaml:2: << takes mappings: write <<: \*anchor/],
    ['image:\n  ? [a]\n  : b\n', /config\.yaml:2: a key of a description is text: write a name/],
    ['image:\n  b c: 1\n', /config\.yaml:2: "b c" is no element name/],
    ["image:\n  '@b c': 1\n", /config\.yaml:2: "b c" is no attribute name/],
    ["image:\n  '@a': [1]\n", /config\.yaml:2: the attribute @a has no plain value: write '@a': value/],
    ["image:\n  '@a':\n", /config\.yaml:2: the attribute @a has no plain value/],
    ["image:\n  '#text': {a: 1}\n", /config\.yaml:2: '#text' takes plain text/],
    ['image:\n  a:\n    - [1]\n', /config\.yaml:3: a list within the list of a has no meaning/],
    ['image:\n  a: "\\u0001"\n', /config\.yaml:2: this text holds a control character/],
    ['image:\n  "@a": "\\u0001"\n', /config\.yaml:2: this value holds a control character/],
    ['a: 1\n', /config\.yaml:1: a description has one outermost key, image:/],
    ['image: {}\nother: {}\n', /config\.yaml:2: a description has one outermost key/],
    ['', /config\.yaml:1: a description has one outermost key/],
  ])('refuses %j with the line', async (text, message) => {
    expect((await lines(text))[0]).toMatch(message)
  })

  it('says all at once', async () => {
    expect(await lines(`image:\n  '@a': [1]\n  b c: 1\n  d: [[1]]\n`)).toHaveLength(3)
  })

  it('refuses aliases that multiply', async () => {
    const levels = Array.from(
      { length: 8 },
      (_, level) => `  l${level + 1}: &l${level + 1} [${`*l${level}, `.repeat(10)}]`,
    )
    expect(await lines(`image:\n  l0: &l0 [x]\n${levels.join('\n')}\n`)).toEqual([
      expect.stringContaining('the aliases grow beyond all measure'),
    ])
  })
})
