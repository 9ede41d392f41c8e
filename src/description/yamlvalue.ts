import { type Document, isAlias, isMap, isScalar, isSeq, type Pair, Scalar } from 'yaml'

/** Aliases multiply what they stand for; no description comes near. */
const MOST_VALUES = 100_000

export type YamlValue =
  | { readonly kind: 'null'; readonly offset: number }
  | { readonly kind: 'text'; readonly text: string; readonly offset: number }
  | { readonly kind: 'list'; readonly items: readonly YamlValue[]; readonly offset: number }
  | { readonly kind: 'map'; readonly entries: readonly YamlEntry[]; readonly offset: number }

export interface YamlEntry {
  readonly key: string
  readonly value: YamlValue
  /** Of the key in the file. */
  readonly offset: number
}

/** Something that has no place in a description; `offset` counts characters of the file. */
export class YamlProblem extends Error {
  readonly offset: number

  constructor(text: string, offset: number) {
    super(text)
    this.offset = offset
  }
}

/**
 * What a YAML document holds, with anchors, aliases and merge keys (`<<`) resolved.
 *
 * @param document parsed with the failsafe schema, without errors
 * @throws YamlProblem for keys that are no text, for aliases that hold themselves and for those that grow too much
 */
export function yamlValue(document: Document.Parsed): YamlValue {
  return new Resolver(document).value(document.contents, 0, [])
}

class Resolver {
  readonly #document: Document.Parsed
  #count = 0

  constructor(document: Document.Parsed) {
    this.#document = document
  }

  value(node: unknown, fallback: number, within: readonly unknown[]): YamlValue {
    const offset = offsetOf(node) ?? fallback
    this.#count += 1
    if (this.#count > MOST_VALUES) throw new YamlProblem('the aliases grow beyond all measure', offset)
    if (isAlias(node)) {
      const target = node.resolve(this.#document)
      if (target === undefined) throw new YamlProblem(`the anchor &${node.source} is not defined above`, offset)
      if (within.includes(target)) throw new YamlProblem(`the alias *${node.source} holds itself`, offset)
      return this.value(target, offset, within)
    }
    if (isMap(node)) return { kind: 'map', entries: this.#entries(node.items, offset, [...within, node]), offset }
    if (isSeq(node)) {
      return { kind: 'list', items: node.items.map((item) => this.value(item, offset, [...within, node])), offset }
    }
    if (isScalar(node)) return scalarValue(node, offset)
    return { kind: 'null', offset }
  }

  #entries(pairs: readonly Pair[], fallback: number, within: readonly unknown[]): readonly YamlEntry[] {
    const own: YamlEntry[] = []
    const merged: YamlEntry[] = []
    for (const pair of pairs) {
      const offset = offsetOf(pair.key) ?? fallback
      const key = isAlias(pair.key) ? pair.key.resolve(this.#document) : pair.key
      if (!isScalar(key) || typeof key.value !== 'string' || key.value === '') {
        throw new YamlProblem('a key of a description is text: write a name', offset)
      }
      const value = this.value(pair.value, offset, within)
      if (key.value === '<<' && key.type === Scalar.PLAIN) merged.push(...mergedEntries(value, offset))
      else own.push({ key: key.value, value, offset })
    }
    const keys = new Set(own.map((entry) => entry.key))
    // The first of several merged maps wins (https://yaml.org/type/merge.html).
    for (const entry of merged) {
      if (!keys.has(entry.key)) own.push(entry)
      keys.add(entry.key)
    }
    return own
  }
}

function mergedEntries(value: YamlValue, offset: number): readonly YamlEntry[] {
  if (value.kind === 'map') return value.entries
  if (value.kind === 'list') return value.items.flatMap((item) => mergedEntries(item, offset))
  throw new YamlProblem('<< takes mappings: write <<: *anchor', offset)
}

function scalarValue(node: Scalar, offset: number): YamlValue {
  const text = String(node.value ?? '')
  if (node.type !== Scalar.PLAIN && node.type !== undefined) return { kind: 'text', text, offset }
  // YAML 1.2 section 10.3: what a plain scalar may say for nothing and for a boolean.
  if (/^(~|null|Null|NULL|)$/.test(text)) return { kind: 'null', offset }
  return { kind: 'text', text: /^(True|TRUE|False|FALSE)$/.test(text) ? text.toLowerCase() : text, offset }
}

function offsetOf(node: unknown): number | undefined {
  const range = (node as { readonly range?: readonly number[] | null } | null | undefined)?.range
  return range?.[0]
}
