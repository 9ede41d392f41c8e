import fc from 'fast-check'
import { SaxesParser } from 'saxes'
import { describe, expect, it } from 'vitest'
import type { Description } from '../../../src/description/description.ts'
import { decodedText } from '../../../src/description/encoding.ts'
import { internalEntities } from '../../../src/description/entities.ts'
import { rewrittenDocuments } from '../../../src/description/rewrite.ts'
import { type XmlElement, xmlTree } from '../../../src/description/xml.ts'

const FILE = '/description/config.xml'

/** How a file may be written: what its declaration says, and its bytes. */
const ENCODINGS: Readonly<Record<string, { readonly declared: string; readonly bytes: (text: string) => Buffer }>> = {
  'UTF-8 without a declaration': { declared: '', bytes: (text) => Buffer.from(text) },
  'UTF-8': { declared: 'utf-8', bytes: (text) => Buffer.from(text) },
  'UTF-8 with a mark': { declared: 'UTF-8', bytes: (text) => Buffer.from(`\ufeff${text}`) },
  'UTF-16, little endian': { declared: 'UTF-16', bytes: (text) => Buffer.from(`\ufeff${text}`, 'utf16le') },
  'UTF-16, big endian': { declared: 'utf-16', bytes: (text) => Buffer.from(`\ufeff${text}`, 'utf16le').swap16() },
  'ISO-8859-1': { declared: 'ISO-8859-1', bytes: (text) => Buffer.from(text, 'latin1') },
}

const DOCTYPES = [
  '',
  '<!DOCTYPE image>\n',
  '<!DOCTYPE image [\n<!-- it\'s > ]> "no" end -->\n<!ENTITY release "1.0\n0">\n<?pi ]>?>\n<!ENTITY who \'&release; Ä>\'>]>\n',
]

/** Pieces of a document that no rewriting may touch; those of every encoding here. */
const piece = fc.constantFrom(
  '\n',
  '\r\n',
  ' ',
  'Größe &amp; &lt;&#228;&#x1F600;',
  '<!-- <type image="oem" format="qcow2"/> é\n-->',
  '<![CDATA[<type image="oem" format="raw">]]>',
  '<![CDATA[]]>',
  '<?edit format="raw"\n <type?>',
  "<size unit='G'>4</size>",
  '<a b="&#10;>"  c = \'"\'/>',
  '<oemconfig>\n<oem-resize>false</oem-resize></oemconfig >',
)
const entity = fc.constantFrom('&release;', '<b c="&who;"/>', '<b>&who;&release;</b>')
const removed = fc.constantFrom(
  ' format="oci:&#x71;cow2"',
  "\n  derived_from='docker:a\n/b'",
  ' bundle_format = "%N>"',
  ' installiso="true"\n',
)

interface Sample {
  readonly encoding: string
  readonly doctype: string
  readonly before: readonly string[]
  readonly attributes: readonly string[]
  readonly content: readonly string[]
}

const sample: fc.Arbitrary<Sample> = fc.constantFrom(...DOCTYPES).chain((doctype) => {
  const pieces = fc.array(doctype.includes('ENTITY') ? fc.oneof(piece, entity) : piece, { maxLength: 6 })
  return fc.record({
    encoding: fc.constantFrom(...Object.keys(ENCODINGS)),
    doctype: fc.constant(doctype),
    before: pieces,
    attributes: fc.uniqueArray(removed),
    content: pieces,
  })
})

function textOf({ encoding, doctype, before, attributes, content }: Sample): string {
  const { declared } = ENCODINGS[encoding] ?? { declared: '' }
  const declaration = declared === '' ? '' : `<?xml version="1.0" encoding='${declared}'?>\n`
  const container = '<containerconfig\nname="é"><!-- x\n --></containerconfig>'
  const type = `<type image="oem"${attributes.join('')} filesystem="xfs">${content.join('')}${container}</type>`
  return `${declaration}${doctype}<!-- top -->\n<image>${before.join('')}${type}\n</image>\n`
}

function rewritten(text: string): string {
  const documents = [{ file: FILE, text, root: xmlTree({ file: FILE, text }) }]
  const nothing = { includes: [], profiles: [], preferences: [], repositories: [] }
  const facts = { folder: '/description', file: FILE, name: 'a', schemaVersion: '8.0' }
  const description: Description = { ...facts, documents, ...nothing }
  return rewrittenDocuments(description, {}, new Map()).get(FILE) ?? ''
}

/** Every element with its line, its attributes and its text, but what KIWI is not to see. */
function seen(element: XmlElement): unknown {
  const hidden = ['format', 'derived_from', 'bundle_format', 'installiso']
  return {
    name: element.name,
    line: element.line,
    // The line ends of what was taken out stay, in the type that it stood in.
    text: element.name === 'type' ? element.text.trimEnd() : element.text,
    attributes: element.attributes.filter(({ name }) => !hidden.includes(name)).map(({ name, value }) => [name, value]),
    children: element.children.filter(({ name }) => name !== 'containerconfig').map(seen),
  }
}

/** What is no element: comments, instructions, CDATA sections and the document type. */
function asides(text: string): readonly string[] {
  const found: string[] = []
  const parser = new SaxesParser()
  parser.on('doctype', (doctype) => {
    for (const [name, value] of internalEntities(doctype)) parser.ENTITIES[name] = value
    found.push(doctype)
  })
  parser.on('comment', (comment) => found.push(comment))
  parser.on('processinginstruction', ({ target, body }) => found.push(`${target} ${body}`))
  parser.on('cdata', (cdata) => found.push(cdata))
  parser.write(text).close()
  // The one in the container section goes with it.
  return found.filter((aside) => aside !== ' x\n ')
}

describe('a description in any encoding', () => {
  it('keeps its comments, instructions, CDATA sections, entities and lines, and becomes UTF-8', () => {
    fc.assert(
      fc.property(sample, (given) => {
        const text = textOf(given)
        const plain = given.encoding === 'ISO-8859-1' ? text : text.replace('<!-- top -->', '<!-- top 盘 😀 -->')
        const read = decodedText(ENCODINGS[given.encoding]?.bytes(plain) ?? Buffer.of(), FILE)
        expect(read).toBe(plain)
        const staged = decodedText(Buffer.from(rewritten(read)), FILE)
        expect(staged.split(/\r\n|\r|\n/)).toHaveLength(read.split(/\r\n|\r|\n/).length)
        expect(seen(xmlTree({ file: FILE, text: staged }))).toEqual(seen(xmlTree({ file: FILE, text: read })))
        expect(asides(staged)).toEqual(asides(read))
        expect(staged).not.toMatch(/encoding='(?!utf-8')/i)
      }),
      { numRuns: 300 },
    )
  })
})
