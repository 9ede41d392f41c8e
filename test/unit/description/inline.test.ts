import { describe, expect, it } from 'vitest'
import { inlinedText } from '../../../src/description/inline.ts'
import { rewrittenDocuments } from '../../../src/description/rewrite.ts'
import { selectType } from '../../../src/description/select.ts'
import { xmlTree } from '../../../src/description/xml.ts'
import { described, problemsOf } from './described.ts'

const fail = (offset: number, problem: string): never => {
  throw new Error(`${offset}: ${problem}`)
}
const doctype = (...entities: readonly string[]) => `<!DOCTYPE image [\n${entities.join('\n')}\n]>\n`
const inlined = (head: string, content: string) => {
  const text = inlinedText(head + content, fail)
  expect(text.slice(0, head.length)).toBe(head)
  return text.slice(head.length)
}

describe('an entity that holds elements', () => {
  it('is written out where it is used, on one line', () => {
    const head = doctype('<!ENTITY packages \'<package name="a"/>\n  <package name="b"/>\'>')
    expect(inlined(head, '<image>&packages;&packages;\n</image>')).toBe(
      '<image><package name="a"/>   <package name="b"/><package name="a"/>   <package name="b"/>\n</image>',
    )
  })

  it('is written out within another, and entities of text stay', () => {
    const head = doctype('<!ENTITY v "1">', '<!ENTITY one "<a>&v;&amp;</a>">', '<!ENTITY all "&one;<b/>">')
    expect(inlined(head, '<image>&all;&v;</image>')).toBe('<image><a>&v;&amp;</a><b/>&v;</image>')
  })

  it('is no entity in a comment, a CDATA section, an instruction or a value', () => {
    const head = doctype('<!ENTITY e "<a/>">')
    const content = '<image b="&e;"><!-- &e; --><![CDATA[&e;]]><?pi &e;?><c d=\'>&e;\'/></image>'
    expect(inlined(head, content)).toBe(content)
  })

  it('has the meaning of the first of its declarations', () => {
    expect(inlined(doctype('<!ENTITY e "<a/>">', '<!ENTITY e "<b/>">'), '<image>&e;</image>')).toBe(
      '<image><a/></image>',
    )
  })

  it('is looked for in no document without a declaration', () => {
    for (const text of ['<image>&e;</image>', '<!DOCTYPE image><image/>', '<!DOCTYPE image [<!-- ', '']) {
      expect(inlinedText(text, fail)).toBe(text)
    }
  })

  it('that holds itself is refused at its line', async () => {
    const xml = `${doctype('<!ENTITY v "1">', '<!ENTITY a "<b/>&c;">', '<!ENTITY c "<d/>&a;">')}<image>&a;</image>`
    expect((await problemsOf(() => described(xml))).lines).toEqual(['config.xml:3: the entity a holds itself'])
  })

  it('that multiplies is refused', () => {
    const levels = Array.from({ length: 9 }, (_, level) => `<!ENTITY l${level + 1} "${`&l${level};`.repeat(10)}">`)
    expect(() => inlinedText(`${doctype('<!ENTITY l0 "<a/>">', ...levels)}<image/>`, fail)).toThrow(
      /grows beyond all measure/,
    )
    const large = doctype(`<!ENTITY e "<a>${'x'.repeat(900_000)}</a>">`)
    expect(() => inlinedText(`${large}<image>${'&e;'.repeat(20)}</image>`, fail)).toThrow(/grow beyond all measure/)
  })

  it('is found through many levels at once, and refused before any of them is written out', () => {
    const levels = Array.from({ length: 24 }, (_, level) => `<!ENTITY l${level + 1} "&l${level};&l${level};">`)
    const began = performance.now()
    for (const [innermost, content] of [
      ['<a/>', '<image/>'],
      ['text', '<image>&l24;</image>'],
    ] as const) {
      const xml = `${doctype(`<!ENTITY l0 "${innermost}">`, ...levels)}${content}`
      expect(() => xmlTree({ file: '/d/config.xml', text: inlinedText(xml, fail) })).toThrow(/grows beyond all measure/)
    }
    const chain = Array.from({ length: 2000 }, (_, level) => `<!ENTITY l${level + 1} "&l${level};">`).reverse()
    expect(inlined(doctype(...chain, '<!ENTITY l0 "<a/>">'), '<image>&l2000;</image>')).toBe('<image><a/></image>')
    expect(performance.now() - began).toBeLessThan(3000)
  })

  it('gives a type that is built, at the line of its use, and that is rewritten', async () => {
    const type = "<!ENTITY disk \"<type image='oem' filesystem='ext4' format='oci:raw'/>\">"
    const xml = `${doctype(type)}<image name="a" schemaversion="8.0">\n<preferences><version>1</version>&disk;</preferences></image>`
    const description = await described(xml)
    const selected = selectType(description, { profiles: [], architecture: 'x86_64' })
    expect(selected).toMatchObject({ diskFormat: 'raw', filesystem: 'ext4', line: 5 })
    const rewritten = rewrittenDocuments(description, {}, new Map()).get(description.file) ?? ''
    expect(rewritten.split('\n')[4]).toBe(
      "<preferences><version>1</version><type image='oem' filesystem='ext4'/></preferences></image>",
    )
    expect(rewritten).toContain(type)
  })
})
