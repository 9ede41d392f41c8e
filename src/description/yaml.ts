import { LineCounter, parseDocument } from 'yaml'
import { DescriptionError, type Problem } from '../errors.ts'
import { escapedText, escapedValue } from './edits.ts'
import { descriptionProblem, lastAtOrBefore } from './place.ts'
import { type YamlEntry, YamlProblem, type YamlValue, yamlValue } from './yamlvalue.ts'

export interface YamlAsXml {
  /** An XML document of the same meaning, UTF-8. */
  readonly text: string
  /** The line of the YAML file, from 1, that an offset in `text` comes from. */
  readonly lineAt: (offset: number) => number
}

/**
 * The XML that the YAML form of a description stands for: `'@name'` is an attribute, `'#text'` the text, a list repeats
 * its element. These are the rules of xmltodict, which KIWI's anymarkup plugin follows (kiwi/markup/any.py); unlike
 * there a scalar keeps the text it was written with (version `1.10`), only `True` and `False` become lower case.
 *
 * @param text the YAML file, @param file its absolute path, for messages
 * @throws DescriptionError with file and line, for all at once that is no YAML or has no place in XML
 */
export function yamlAsXml(text: string, file: string): YamlAsXml {
  const lines = new LineCounter()
  const lineOf = (offset: number) => Math.max(1, lines.linePos(offset).line)
  // The failsafe schema makes nothing of a scalar but its text (YAML 1.2 section 10.1).
  const document = parseDocument(text, { lineCounter: lines, schema: 'failsafe', prettyErrors: false })
  const problems: Problem[] = [...document.errors, ...document.warnings].map((error) => {
    const several = error.code === 'MULTIPLE_DOCS'
    const reason = several ? 'several documents (---) in one file: write one' : error.message.split('\n')[0]
    return descriptionProblem(file, lineOf(error.pos[0]), `not valid YAML: ${reason}`)
  })
  if (problems.length > 0) throw new DescriptionError(problems)
  try {
    const xml = new XmlWriter(lineOf)
    xml.writeRoot(yamlValue(document))
    problems.push(...xml.refused.map(({ offset, message }) => descriptionProblem(file, lineOf(offset), message)))
    if (problems.length === 0) return xml.result()
  } catch (error) {
    if (!(error instanceof YamlProblem)) throw error
    problems.push(descriptionProblem(file, lineOf(error.offset), error.message))
  }
  throw new DescriptionError(problems)
}

const XML_NAME = /^[\p{L}_][\p{L}\p{N}_.-]*(:[\p{L}_][\p{L}\p{N}_.-]*)?$/u
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what XML 1.0 section 2.2 forbids
const NO_XML_CHARACTER = /[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/

class XmlWriter {
  readonly refused: YamlProblem[] = []
  readonly #lineOf: (offset: number) => number
  readonly #offsets: number[] = []
  readonly #lines: number[] = []
  #text = '<?xml version="1.0" encoding="UTF-8"?>\n'

  constructor(lineOf: (offset: number) => number) {
    this.#lineOf = lineOf
  }

  writeRoot(value: YamlValue): void {
    const [entry, ...others] = value.kind === 'map' ? value.entries : []
    if (entry === undefined || entry.key !== 'image' || others.length > 0 || entry.value.kind !== 'map') {
      const offset = others[0]?.offset ?? entry?.offset ?? value.offset
      this.#refuse(
        offset,
        "a description has one outermost key, image:, and below it '@name', '@schemaversion' and so on",
      )
      return
    }
    this.#writeElement('image', entry.value, entry.offset, '')
  }

  result(): YamlAsXml {
    const [offsets, lines] = [this.#offsets, this.#lines]
    return { text: this.#text, lineAt: (offset) => lines[Math.max(0, lastAtOrBefore(offsets, offset))] ?? 1 }
  }

  #writeElement(name: string, value: YamlValue, offset: number, indent: string): void {
    if (!XML_NAME.test(name)) this.#refuse(offset, `${JSON.stringify(name)} is no element name`)
    else if (value.kind === 'list') this.#writeList(name, value.items, indent)
    else {
      this.#write(`${indent}<`, value.kind === 'null' ? offset : Math.min(offset, value.offset))
      this.#write(name)
      if (value.kind === 'null') this.#write('/>\n')
      else if (value.kind === 'text') this.#write(`>${this.#checked(value.text, offset)}</${name}>\n`)
      else this.#writeContent(name, value.entries, indent)
    }
  }

  #writeList(name: string, items: readonly YamlValue[], indent: string): void {
    for (const item of items) {
      if (item.kind !== 'list') this.#writeElement(name, item, item.offset, indent)
      else this.#refuse(item.offset, `a list within the list of ${name} has no meaning: write one list`)
    }
  }

  #writeContent(name: string, entries: readonly YamlEntry[], indent: string): void {
    for (const entry of entries) if (entry.key.startsWith('@')) this.#writeAttribute(entry)
    const children = entries.filter((entry) => !entry.key.startsWith('@') && entry.key !== '#text')
    const text = entries.find((entry) => entry.key === '#text')
    this.#write(children.length > 0 ? '>\n' : '>')
    for (const child of children) this.#writeElement(child.key, child.value, child.offset, `${indent}  `)
    if (text?.value.kind === 'text') this.#write(this.#checked(text.value.text, text.offset), text.offset)
    else if (text !== undefined && text.value.kind !== 'null') this.#refuse(text.offset, "'#text' takes plain text")
    this.#write(`${children.length > 0 ? indent : ''}</${name}>\n`)
  }

  #writeAttribute({ key, value, offset }: YamlEntry): void {
    const name = key.slice(1)
    if (!XML_NAME.test(name)) this.#refuse(offset, `${JSON.stringify(name)} is no attribute name`)
    else if (value.kind !== 'text')
      this.#refuse(offset, `the attribute ${key} has no plain value: write '${key}': value`)
    else {
      this.#write(` ${name}="`, offset)
      this.#write(`${this.#checkedValue(value.text, offset)}"`)
    }
  }

  #write(text: string, offset?: number): void {
    if (offset !== undefined) {
      this.#offsets.push(this.#text.length)
      this.#lines.push(this.#lineOf(offset))
    }
    this.#text += text
  }

  #checked(text: string, offset: number): string {
    if (NO_XML_CHARACTER.test(text)) this.#refuse(offset, 'this text holds a control character, which XML cannot carry')
    return escapedText(text)
  }

  #checkedValue(text: string, offset: number): string {
    if (NO_XML_CHARACTER.test(text))
      this.#refuse(offset, 'this value holds a control character, which XML cannot carry')
    return escapedValue(text)
  }

  #refuse(offset: number, text: string): void {
    this.refused.push(new YamlProblem(text, offset))
  }
}
