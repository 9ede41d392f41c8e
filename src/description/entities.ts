/** Text that an entity may grow to: far more than a description needs, far less than a machine has. */
const LARGEST_EXPANSION = 1_000_000

const PREDEFINED: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

/** A reference to a general entity (XML 1.0 section 4.1), not to a character. */
const REFERENCE = /&([^#;&\s][^;&\s]*);/g

const DECLARATION =
  /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!ENTITY\s+(?<parameter>%\s+)?(?<name>[^\s%"']+)\s+(?:(?<external>SYSTEM|PUBLIC)\b|"(?<double>[^"]*)"|'(?<single>[^']*)')[^>]*>|(?<reference>%[^\s;]+;)/g

/** An entity declaration that we cannot follow; `offset` is counted from the start of the document type declaration. */
export class EntityProblem extends Error {
  readonly offset: number

  constructor(text: string, offset: number) {
    super(text)
    this.offset = offset
  }
}

/** The text of each internal general entity as it is declared, by its name; the first declaration of a name counts. */
type Declarations = ReadonlyMap<string, { readonly value: string; readonly offset: number }>

/**
 * The internal general entities of a document type declaration that stand for text, with that text (XML 1.0 section 4).
 *
 * @param doctype what stands between `<!DOCTYPE` and its `>`
 * @throws EntityProblem for external and parameter entities, for entities that hold a `<` as a character reference, that
 *   hold themselves, that use an unknown one, or that grow beyond one million characters
 */
export function internalEntities(doctype: string): ReadonlyMap<string, string> {
  const declared = declarations(doctype)
  const expanded = new Map<string, string>()
  for (const [name, { offset }] of declared) {
    if (!holdsElements(name, declared, [])) expansion(name, offset, { declared, expanded }, [])
  }
  return expanded
}

/**
 * The internal general entities that hold elements, with what is to stand in the place of each: on one line, and without
 * other entities of this kind.
 *
 * @throws EntityProblem as `internalEntities` does
 */
export function elementEntities(doctype: string): ReadonlyMap<string, string> {
  const declared = declarations(doctype)
  const written = new Map<string, string>()
  for (const [name, { offset }] of declared) {
    if (holdsElements(name, declared, [])) writtenOut(name, offset, { declared, expanded: written }, [])
  }
  return written
}

function declarations(doctype: string): Declarations {
  const declared = new Map<string, { readonly value: string; readonly offset: number }>()
  for (const match of doctype.matchAll(DECLARATION)) {
    const { parameter, name, external, double, single, reference } = match.groups ?? {}
    if (parameter !== undefined || reference !== undefined) {
      throw new EntityProblem('parameter entities (%name;) are not supported: write their text out', match.index)
    }
    if (name === undefined) continue
    if (external !== undefined) {
      const text = `the entity ${name} stands for another file, which is not read: write its text here, or use <include>`
      throw new EntityProblem(text, match.index)
    }
    const value = double ?? single ?? ''
    if (/&#(?:0*60|x0*3c);/i.test(value)) {
      throw new EntityProblem(`the entity ${name} holds < as a character reference: write < itself`, match.index)
    }
    if (!declared.has(name)) declared.set(name, { value, offset: match.index })
  }
  return declared
}

function holdsElements(name: string, declared: Declarations, within: readonly string[]): boolean {
  const value = declared.get(name)?.value
  if (value === undefined || within.includes(name)) return false
  if (value.includes('<')) return true
  const used = [...value.matchAll(REFERENCE)].map(([, reference = '']) => reference)
  return used.some((reference) => holdsElements(reference, declared, [...within, name]))
}

/** Its text with the entities of its kind in it written out, and all else as it is. */
function writtenOut(name: string, offset: number, entities: Entities, within: readonly string[]): string {
  const known = entities.expanded.get(name)
  if (known !== undefined) return known
  if (within.includes(name)) throw new EntityProblem(`the entity ${name} holds itself`, offset)
  const value = entities.declared.get(name)?.value ?? ''
  const text = value
    // What follows on its line keeps its number.
    .replace(/\r\n|\r|\n/g, ' ')
    .replace(REFERENCE, (written, reference: string) =>
      holdsElements(reference, entities.declared, [])
        ? writtenOut(reference, offset, entities, [...within, name])
        : written,
    )
  if (text.length > LARGEST_EXPANSION) throw new EntityProblem(`the entity ${name} grows beyond all measure`, offset)
  entities.expanded.set(name, text)
  return text
}

interface Entities {
  readonly declared: Declarations
  /** Those whose text is known by now. */
  readonly expanded: Map<string, string>
}

function expansion(name: string, offset: number, entities: Entities, within: readonly string[]): string {
  const known = entities.expanded.get(name)
  if (known !== undefined) return known
  if (within.includes(name)) throw new EntityProblem(`the entity ${name} holds itself`, offset)
  const value = entities.declared.get(name)?.value
  if (value === undefined) throw new EntityProblem(`the entity ${name} is used but not declared`, offset)
  const text = value.replace(/&([^;]*);/g, (_, reference: string) => {
    if (reference.startsWith('#')) return characterOf(reference, name, offset)
    return PREDEFINED[reference] ?? expansion(reference, offset, entities, [...within, name])
  })
  if (text.length > LARGEST_EXPANSION) throw new EntityProblem(`the entity ${name} grows beyond all measure`, offset)
  entities.expanded.set(name, text)
  return text
}

function characterOf(reference: string, name: string, offset: number): string {
  const code = /^#x[0-9a-f]+$/i.test(reference) ? Number.parseInt(reference.slice(2), 16) : Number(reference.slice(1))
  if (!Number.isInteger(code) || code <= 0 || code > 0x10ffff) {
    throw new EntityProblem(`&${reference}; in the entity ${name} is no character`, offset)
  }
  return String.fromCodePoint(code)
}
