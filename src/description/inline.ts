import { SaxesParser } from 'saxes'
import { EntityProblem, elementEntities } from './entities.ts'

/** What all of them may add to a file: far more than a description needs. */
const LARGEST_TEXT = 10_000_000

/** Where no entity is one: comments, CDATA, processing instructions and tags; an entity of elements is none of a value. */
const SKIPPED = /<!--[\s\S]*?-->|<!\[CDATA\[[\s\S]*?\]\]>|<\?[\s\S]*?\?>|<(?:"[^"]*"|'[^']*'|[^>"'])*>|&([^#;&\s<]+);/g

/**
 * The text of an XML document with the entities that hold elements written out where they are used, each on one line, so
 * that what is in them can be read and changed, and all lines keep their numbers. Other entities stay.
 *
 * @param fail tells the problem of the declaration at an offset of the text
 */
export function inlinedText(text: string, fail: (offset: number, problem: string) => never): string {
  if (!text.includes('<!ENTITY')) return text
  const { doctype, end } = doctypeOf(text)
  const start = text.lastIndexOf('<!DOCTYPE', end) + '<!DOCTYPE'.length
  const entities = readEntities(doctype, (problem) => fail(start + problem.offset, problem.message))
  if (entities.size === 0) return text
  let added = 0
  const content = text.slice(end).replace(SKIPPED, (written: string, name: string | undefined, offset: number) => {
    const elements = name === undefined ? undefined : entities.get(name)
    added += elements?.length ?? 0
    if (added > LARGEST_TEXT) fail(end + offset, 'the entities grow beyond all measure: write them out')
    return elements ?? written
  })
  return text.slice(0, end) + content
}

function readEntities(doctype: string, fail: (problem: EntityProblem) => never): ReadonlyMap<string, string> {
  try {
    return elementEntities(doctype)
  } catch (error) {
    if (error instanceof EntityProblem) return fail(error)
    throw error
  }
}

/** The document type declaration, and where it ends in the text. */
function doctypeOf(text: string): { readonly doctype: string; readonly end: number } {
  const parser = new SaxesParser()
  let found = { doctype: '', end: 0 }
  // Whatever is wrong is told when the text is read for good.
  parser.on('error', () => {})
  parser.on('doctype', (doctype) => {
    found = { doctype, end: parser.position }
  })
  parser.write(text).close()
  return found
}
