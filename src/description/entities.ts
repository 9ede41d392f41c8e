/** Text that an entity may grow to: far more than a description needs, far less than a machine has. */
const LARGEST_EXPANSION = 1_000_000

/** And all entities of a declaration together. */
const LARGEST_TOTAL = 10_000_000

const PREDEFINED: ReadonlyMap<string, string> = new Map([
  ['lt', '<'],
  ['gt', '>'],
  ['amp', '&'],
  ['quot', '"'],
  ['apos', "'"],
])

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

interface Declaration {
  readonly value: string
  readonly offset: number
}

/** The text of each internal general entity as it is declared, by its name; the first declaration of a name counts. */
type Declarations = ReadonlyMap<string, Declaration>

/** A piece of an entity's text: as it is to stand, or another entity. */
type Piece = string | { readonly entity: string }

/**
 * The internal general entities of a document type declaration that stand for text, with that text (XML 1.0 section 4).
 *
 * @param doctype what stands between `<!DOCTYPE` and its `>`
 * @throws EntityProblem for external and parameter entities, for entities that hold a `<` as a character reference, that
 *   hold themselves, that use an unknown one, or that grow beyond one million characters, or ten all together
 */
export function internalEntities(doctype: string): ReadonlyMap<string, string> {
  const declared = declarations(doctype)
  const holders = elementHolders(declared)
  const names = [...declared.keys()].filter((name) => !holders.has(name))
  return writtenOut(names, declared, (name, { value, offset }) =>
    pieces(value, /&([^;]*);/g, (reference) => {
      if (reference.startsWith('#')) return characterOf(reference, name, offset)
      const predefined = PREDEFINED.get(reference)
      if (predefined !== undefined) return predefined
      if (declared.has(reference)) return { entity: reference }
      throw new EntityProblem(`the entity ${reference} is used but not declared`, offset)
    }),
  )
}

/**
 * The internal general entities that hold elements, with what is to stand in the place of each: on one line, and without
 * other entities of this kind.
 *
 * @throws EntityProblem as `internalEntities` does
 */
export function elementEntities(doctype: string): ReadonlyMap<string, string> {
  const declared = declarations(doctype)
  const holders = elementHolders(declared)
  return writtenOut([...holders], declared, (_, { value }) =>
    // What follows on its line keeps its number.
    pieces(value.replace(/\r\n|\r|\n/g, ' '), REFERENCE, (reference, written) =>
      holders.has(reference) ? { entity: reference } : written,
    ),
  )
}

function declarations(doctype: string): Declarations {
  const declared = new Map<string, Declaration>()
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

/** The entities with an element in their text or in that of one they use. */
function elementHolders(declared: Declarations): ReadonlySet<string> {
  const users = new Map<string, string[]>()
  const holders = new Set<string>()
  for (const [name, { value }] of declared) {
    if (value.includes('<')) holders.add(name)
    for (const [, used = ''] of value.matchAll(REFERENCE)) {
      const others = users.get(used)
      if (others === undefined) users.set(used, [name])
      else others.push(name)
    }
  }
  // A set gives what is added to it on the way, too.
  for (const holder of holders) for (const user of users.get(holder) ?? []) holders.add(user)
  return holders
}

function pieces(value: string, reference: RegExp, pieceOf: (name: string, written: string) => Piece): readonly Piece[] {
  const found: Piece[] = []
  let end = 0
  for (const match of value.matchAll(reference)) {
    found.push(value.slice(end, match.index), pieceOf(match[1] ?? '', match[0]))
    end = match.index + match[0].length
  }
  return [...found, value.slice(end)]
}

/** The whole text of each; how long they get is known before the first is put together. */
function writtenOut(
  names: readonly string[],
  declared: Declarations,
  piecesOf: (name: string, declaration: Declaration) => readonly Piece[],
): ReadonlyMap<string, string> {
  const known = new Map<string, readonly Piece[]>()
  for (const name of names) known.set(name, piecesOf(name, declaration(name, declared)))
  const order = innermostFirst(known, declared)
  const lengths = new Map<string, number>()
  let total = 0
  for (const name of order) {
    const length = (known.get(name) ?? []).reduce((sum, piece) => sum + lengthOf(piece, lengths), 0)
    total += length
    if (length > LARGEST_EXPANSION || total > LARGEST_TOTAL) {
      throw new EntityProblem(`the entity ${name} grows beyond all measure`, declaration(name, declared).offset)
    }
    lengths.set(name, length)
  }
  const texts = new Map<string, string>()
  for (const name of order) {
    const parts = (known.get(name) ?? []).map((piece) => (typeof piece === 'string' ? piece : texts.get(piece.entity)))
    texts.set(name, parts.join(''))
  }
  return texts
}

function lengthOf(piece: Piece, lengths: ReadonlyMap<string, number>): number {
  return typeof piece === 'string' ? piece.length : (lengths.get(piece.entity) ?? 0)
}

/** The names, each behind those of its pieces. */
function innermostFirst(known: ReadonlyMap<string, readonly Piece[]>, declared: Declarations): ReadonlySet<string> {
  const order = new Set<string>()
  const open = new Set<string>()
  const waiting = [...known.keys()].reverse()
  for (let name = waiting.at(-1); name !== undefined; name = waiting.at(-1)) {
    if (open.delete(name)) order.add(name)
    if (order.has(name)) {
      waiting.pop()
      continue
    }
    open.add(name)
    for (const piece of known.get(name) ?? []) {
      if (typeof piece === 'string' || order.has(piece.entity)) continue
      const { entity } = piece
      if (open.has(entity))
        throw new EntityProblem(`the entity ${entity} holds itself`, declaration(entity, declared).offset)
      waiting.push(entity)
    }
  }
  return order
}

function declaration(name: string, declared: Declarations): Declaration {
  const found = declared.get(name)
  if (found === undefined) throw new Error(`the entity ${name} is not declared`)
  return found
}

function characterOf(reference: string, name: string, offset: number): string {
  const code = /^#x[0-9a-f]+$/i.test(reference) ? Number.parseInt(reference.slice(2), 16) : Number(reference.slice(1))
  if (!Number.isInteger(code) || code <= 0 || code > 0x10ffff) {
    throw new EntityProblem(`&${reference}; in the entity ${name} is no character`, offset)
  }
  return String.fromCodePoint(code)
}
