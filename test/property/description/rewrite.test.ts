import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { Description } from '../../../src/description/description.ts'
import { editedText, escapedText, escapedValue, removal, type TextEdit } from '../../../src/description/edits.ts'
import { rewrittenDocuments } from '../../../src/description/rewrite.ts'
import { attributeValue, xmlTree } from '../../../src/description/xml.ts'
import { yamlAsXml } from '../../../src/description/yaml.ts'

const FILE = '/description/config.xml'
/** XML 1.0 section 2.2. */
const xmlText = fc
  .string({ unit: 'binary', maxLength: 40 })
  .map((text) => text.replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, ''))
const space = fc.constantFrom(' ', '\n', '\r\n\t', '  \n ')
const quote = fc.constantFrom('"', "'")
const RESULT = ['format', 'formatoptions', 'bundle_format', 'derived_from', 'installiso', 'installstick', 'installpxe']
const KEPT = ['filesystem', 'firmware', 'kernelcmdline', 'primary', 'displayname', 'xformat']

const attributes = (names: readonly string[]) =>
  fc.uniqueArray(fc.record({ name: fc.constantFrom(...names), value: xmlText, space, quote }), {
    selector: ({ name }) => name,
  })
const noise = fc.constantFrom(
  '',
  '\n',
  '<!-- format="x"\n <type format="y"/> -->',
  '<?pi <type?>',
  '<size>4</size>',
  'ä😀',
)
const container = fc.constantFrom('', '<containerconfig/>', '<containerconfig\nname="a">\n<!-- x --></containerconfig>')

interface Piece {
  readonly text: string
  readonly isRemoved: boolean
}

const type: fc.Arbitrary<readonly Piece[]> = fc
  .record({ attributes: attributes([...RESULT, ...KEPT]), before: noise, container, after: noise })
  .map(({ attributes, before, container, after }) => [
    { text: '<type image="oem"', isRemoved: false },
    ...attributes.map(({ name, value, space, quote }) => ({
      text: `${space}${name}=${quote}${escapedValue(value)}${quote}`,
      isRemoved: RESULT.includes(name),
    })),
    { text: `>${before}`, isRemoved: false },
    { text: container, isRemoved: true },
    { text: `${after}</type>`, isRemoved: false },
  ])

function descriptionOf(text: string): Description {
  const root = xmlTree({ file: FILE, text })
  const documents = [{ file: FILE, text, root }]
  const nothing = { includes: [], profiles: [], preferences: [], repositories: [] }
  return { folder: '/description', file: FILE, documents, name: 'a', schemaVersion: '8.0', ...nothing }
}

const lineEnds = (text: string) => (text.match(/\r\n|\r|\n/g) ?? []).join('')

describe('rewriting', () => {
  it('keeps every character outside of what it takes out, and the line ends of that', () => {
    fc.assert(
      fc.property(fc.array(type, { maxLength: 4 }), noise, (types, between) => {
        const pieces = types.flatMap((type) => [...type, { text: between, isRemoved: false }])
        const text = `<image>${pieces.map((piece) => piece.text).join('')}</image>\n`
        const kept = pieces.map((piece) => (piece.isRemoved ? lineEnds(piece.text) : piece.text)).join('')
        const rewritten = rewrittenDocuments(descriptionOf(text), {}, new Map()).get(FILE)
        expect(rewritten).toBe(`<image>${kept}</image>\n`)
      }),
    )
  })

  it('leaves nothing to do for a second time', () => {
    fc.assert(
      fc.property(fc.array(type, { maxLength: 3 }), (types) => {
        const text = `<image>${types
          .flat()
          .map((piece) => piece.text)
          .join('')}</image>`
        const once = rewrittenDocuments(descriptionOf(text), {}, new Map()).get(FILE) ?? ''
        expect(rewrittenDocuments(descriptionOf(once), {}, new Map()).get(FILE)).toBe(once)
      }),
    )
  })
})

describe('edits of a text', () => {
  it('change the spans that they name and nothing else', () => {
    const parts = fc.array(fc.record({ kept: fc.string(), old: fc.string({ minLength: 1 }), new: fc.string() }))
    fc.assert(
      fc.property(parts, fc.string(), fc.infiniteStream(fc.nat()), (list, end, order) => {
        let text = ''
        const edits: TextEdit[] = []
        for (const part of list) {
          const start = text.length + part.kept.length
          edits.push({ start, end: start + part.old.length, text: part.new })
          text += part.kept + part.old
        }
        const shuffled = edits.map((edit) => [order.next().value, edit] as const).sort(([one], [other]) => one - other)
        const expected = list.map((part) => part.kept + part.new).join('')
        expect(
          editedText(
            text + end,
            shuffled.map(([, edit]) => edit),
          ),
        ).toBe(expected + end)
      }),
    )
  })

  it('that remove keep the number of lines', () => {
    const text = fc
      .array(fc.constantFrom('a', '\n', '\r\n', '\r', ' '), { maxLength: 20 })
      .map((parts) => parts.join(''))
    fc.assert(
      fc.property(text, text, text, (before, middle, after) => {
        const all = `${before}|${middle}|${after}`
        const edit = removal(all, { start: before.length + 1, end: before.length + 1 + middle.length })
        expect(editedText(all, [edit])).toBe(`${before}|${lineEnds(middle)}|${after}`)
      }),
    )
  })
})

describe('XML', () => {
  it('carries any attribute value and any text there and back', () => {
    fc.assert(
      fc.property(xmlText, xmlText, quote, (value, text, quote) => {
        const root = xmlTree({
          file: FILE,
          text: `<a b=${quote}${escapedValue(value)}${quote}>${escapedText(text)}</a>`,
        })
        expect([attributeValue(root, 'b'), root.text]).toEqual([value, text])
      }),
    )
  })

  it('has the attribute values exactly where it says', () => {
    fc.assert(
      fc.property(attributes([...RESULT, ...KEPT]), (list) => {
        const written = list.map(
          ({ name, value, space, quote }) => `${space}${name} =\n${quote}${escapedValue(value)}${quote}`,
        )
        const text = `<!-- 😀 -->\n<a${written.join('')}/>`
        const spans = xmlTree({ file: FILE, text }).attributes
        expect(spans.map(({ start, end }) => text.slice(start, end))).toEqual(written)
        expect(spans.map(({ valueStart, valueEnd }) => text.slice(valueStart, valueEnd))).toEqual(
          list.map(({ value }) => escapedValue(value)),
        )
        expect(spans.map(({ line, start }) => line - text.slice(0, start).split('\n').length)).toEqual(
          list.map(({ space }) => space.split('\n').length - 1),
        )
      }),
    )
  })

  it('is made of YAML without a change to any value', () => {
    fc.assert(
      fc.property(xmlText, (value) => {
        const text = `image:\n  '@a': ${JSON.stringify(value)}\n  b: ${JSON.stringify(value)}\n`
        const root = xmlTree({ file: FILE, ...yamlAsXml(text, FILE) })
        expect([attributeValue(root, 'a'), root.children[0]?.text]).toEqual([value, value])
      }),
    )
  })
})
