import { SaxesParser, type SaxesTagNS } from 'saxes'
import { DescriptionError } from '../errors.ts'
import { EntityProblem, internalEntities } from './entities.ts'
import { descriptionProblem, lineCounter } from './place.ts'
import { plainReason } from './xmlreason.ts'

/** Offsets count UTF-16 code units of the file's text, `end` is exclusive, lines count from 1. */
interface XmlAttribute {
  readonly name: string
  /** As XML means it: references resolved, white space normalised. */
  readonly value: string
  readonly line: number
  /** Of the white space before the name. */
  readonly start: number
  readonly end: number
  /** What stands between the quotes. */
  readonly valueStart: number
  readonly valueEnd: number
}

export interface XmlElement {
  readonly name: string
  readonly attributes: readonly XmlAttribute[]
  readonly children: readonly XmlElement[]
  /** Its own text, that of its children left out. */
  readonly text: string
  /** The file that it stands in, absolute. */
  readonly file: string
  readonly line: number
  readonly start: number
  /** Behind the `>` of the start tag. */
  readonly tagEnd: number
  readonly end: number
}

export interface XmlSource {
  /** Absolute path, for messages. */
  readonly file: string
  readonly text: string
  /** The line to name for an offset in `text`; where left out, that of the text itself. */
  readonly lineAt?: (offset: number) => number
}

/** A description has about eight; saxes looks at all that are open for each element, and takes minutes for 100,000. */
const DEPTH_LIMIT = 64

interface OpenElement extends Omit<XmlElement, 'children' | 'text' | 'end'> {
  readonly children: XmlElement[]
  text: string
}

/**
 * The root element of an XML document. Comments and processing instructions are no part of the tree; who rewrites the
 * text by the offsets here leaves them as they are.
 *
 * @throws DescriptionError with file and line where it is not well formed (XML 1.0, Namespaces in XML 1.0), or where it
 *   declares an entity that stands for another file, or where elements are nested deeper than 64
 */
export function xmlTree(source: XmlSource): XmlElement {
  const lineAt = source.lineAt ?? lineCounter(source.text)
  const fail = (offset: number, text: string): never => {
    throw new DescriptionError([descriptionProblem(source.file, lineAt(offset), text)])
  }
  const parser = new SaxesParser({ xmlns: true })
  const open: OpenElement[] = []
  let start = 0
  let root: XmlElement | undefined
  const addText = (text: string) => {
    const element = open.at(-1)
    if (element !== undefined) element.text += text
  }
  let closed: OpenElement | undefined
  parser.on('error', (error) => {
    // saxes has closed the innermost element before it finds that its name does not fit.
    const unclosed = error.message.includes('unexpected close tag') && closed !== undefined ? [...open, closed] : open
    const last = error.message.includes('unclosed tag') ? unclosed.at(-1) : undefined
    const stray = last === undefined ? undefined : strayAmpersand(source.text, last.tagEnd)
    const reason = stray === undefined ? error.message : 'undefined entity'
    fail(stray ?? last?.start ?? Math.max(0, parser.position - 1), plainReason(reason, unclosed))
  })
  parser.on('doctype', (doctype) => declareEntities(parser, doctype, source.text, fail))
  parser.on('opentagstart', () => {
    start = source.text.lastIndexOf('<', parser.position - 1)
    if (open.length >= DEPTH_LIMIT) fail(start, `elements are nested deeper than ${DEPTH_LIMIT}: close some before`)
  })
  parser.on('opentag', (tag) => {
    open.push(openElement(tag, source, { start, end: parser.position }, lineAt))
  })
  parser.on('text', addText)
  parser.on('cdata', addText)
  parser.on('closetag', () => {
    closed = open.pop()
    if (closed === undefined) return
    const element = { ...closed, end: parser.position }
    const parent = open.at(-1)
    if (parent === undefined) root = element
    else parent.children.push(element)
  })
  parser.write(source.text).close()
  return root ?? fail(0, 'the file holds no element')
}

/** Offset of an `&` that starts no reference: it swallows all that follows, so that the end of the file comes too early. */
function strayAmpersand(text: string, from: number): number | undefined {
  const scanner = /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|&(?![\w#:.-]+;)/g
  scanner.lastIndex = from
  for (let match = scanner.exec(text); match !== null; match = scanner.exec(text)) {
    if (match[0] === '&') return match.index
  }
  return undefined
}

function declareEntities(
  parser: SaxesParser<{ xmlns: true }>,
  doctype: string,
  text: string,
  fail: (offset: number, text: string) => never,
): void {
  const offset = text.lastIndexOf('<!DOCTYPE', parser.position) + '<!DOCTYPE'.length
  try {
    for (const [name, value] of internalEntities(doctype)) parser.ENTITIES[name] = value
  } catch (error) {
    if (error instanceof EntityProblem) fail(offset + error.offset, error.message)
    throw error
  }
}

function openElement(
  tag: SaxesTagNS,
  source: XmlSource,
  span: { readonly start: number; readonly end: number },
  lineAt: (offset: number) => number,
): OpenElement {
  const attributes: XmlAttribute[] = []
  const scanner = /(\s+)([^\s=/>]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/y
  scanner.lastIndex = span.start + 1 + tag.name.length
  for (let match = scanner.exec(source.text); match !== null; match = scanner.exec(source.text)) {
    const [, space = '', name = '', double, single] = match
    const end = scanner.lastIndex
    const valueStart = end - 1 - (double ?? single ?? '').length
    const line = lineAt(match.index + space.length)
    const value = tag.attributes[name]?.value ?? ''
    attributes.push({ name, value, line, start: match.index, end, valueStart, valueEnd: end - 1 })
  }
  return {
    name: tag.name,
    attributes,
    children: [],
    text: '',
    file: source.file,
    line: lineAt(span.start),
    start: span.start,
    tagEnd: span.end,
  }
}

/** Value of an attribute; undefined where the element has none of that name. */
export function attributeValue(element: XmlElement, name: string): string | undefined {
  return element.attributes.find((attribute) => attribute.name === name)?.value
}

/** The children of that name, in order. */
export function childrenNamed(element: XmlElement, name: string): readonly XmlElement[] {
  return element.children.filter((child) => child.name === name)
}

/** Whether an `xsd:boolean` attribute is set and true (XML Schema part 2: `true` or `1`). */
export function isTrue(element: XmlElement, name: string): boolean {
  return ['true', '1'].includes(attributeValue(element, name)?.trim() ?? '')
}
