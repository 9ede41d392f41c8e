import fc from 'fast-check'
import { wildJson, wildText } from './wildvalue.ts'

type Json = null | boolean | number | string | Json[] | { [name: string]: Json }

const NAMES = ['__proto__', 'constructor', 'toString', 'length', '', 'Layers', 'CONFIG', 'manifests', 'urls', 'data']

/** One change of a document at one of its values. */
type Change =
  | { readonly does: 'replace' | 'insert'; readonly at: number; readonly name: string; readonly value: unknown }
  | { readonly does: 'remove' | 'double' | 'wrap' | 'other case' | 'swap'; readonly at: number }

const name = fc.oneof(fc.constantFrom(...NAMES), wildText)
const change: fc.Arbitrary<Change> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      does: fc.constantFrom('replace' as const, 'insert' as const),
      at: fc.nat(10_000),
      name,
      value: wildJson,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      does: fc.constantFrom(
        'remove' as const,
        'double' as const,
        'wrap' as const,
        'other case' as const,
        'swap' as const,
      ),
      at: fc.nat(10_000),
    }),
  },
)

/** Where a value stands: in an array or an object, under its name. */
interface Place {
  readonly holder: Json[] | { [name: string]: Json }
  readonly key: string
}

/** Documents that begin as valid ones and have a few values replaced, added, taken out, doubled, put elsewhere. */
export function changedDocument(documents: readonly unknown[]): fc.Arbitrary<unknown> {
  return fc
    .tuple(fc.constantFrom(...documents), fc.array(change, { maxLength: 4 }))
    .map(([document, changes]) => changes.reduce(changed, structuredClone(document) as Json))
}

/** As JSON: most of it whole, some cut, with a mark in front, or with something else behind. */
export function documentText(documents: fc.Arbitrary<unknown>): fc.Arbitrary<string> {
  const around = fc.oneof(
    { weight: 8, arbitrary: fc.constant((text: string) => text) },
    { weight: 1, arbitrary: fc.nat(1000).map((part) => (text: string) => text.slice(0, (text.length * part) / 1000)) },
    { weight: 1, arbitrary: wildText.map((extra) => (text: string) => `${text}${extra}`) },
    {
      weight: 1,
      arbitrary: fc.constantFrom<(text: string) => string>(
        (text) => `\ufeff${text}`,
        (text) => `${'['.repeat(100_000)}${text}`,
        (text) => `{"a":${'{"a":'.repeat(70)}${text}${'}'.repeat(70)}}`,
        (text) => text.replace('{', '{"layers":[],"digest":"x",'),
        (text) => text.replaceAll('"', "'"),
      ),
    },
  )
  return fc.tuple(documents, around).map(([document, put]) => put(JSON.stringify(document)))
}

function changed(document: Json, each: Change): Json {
  const places = placesIn(document)
  const place = places[each.at % Math.max(1, places.length)]
  if (place === undefined) return each.does === 'replace' ? (structuredClone(each.value) as Json) : document
  const value = valueAt(place)
  switch (each.does) {
    case 'replace':
      put(place, structuredClone(each.value) as Json)
      break
    case 'insert':
      if (Array.isArray(place.holder)) place.holder.push(structuredClone(each.value) as Json)
      else put({ holder: place.holder, key: each.name }, structuredClone(each.value) as Json)
      break
    case 'remove':
      if (Array.isArray(place.holder)) place.holder.splice(Number(place.key), 1)
      else delete place.holder[place.key]
      break
    case 'double':
      if (Array.isArray(place.holder)) place.holder.push(structuredClone(value))
      else put(place, [structuredClone(value), structuredClone(value)])
      break
    case 'wrap':
      put(place, { [place.key]: value })
      break
    case 'other case':
      if (!Array.isArray(place.holder)) {
        delete place.holder[place.key]
        put({ holder: place.holder, key: place.key.toUpperCase() }, value)
      }
      break
    case 'swap': {
      const other = places[(each.at * 7 + 3) % places.length]
      if (other !== undefined) put(place, structuredClone(valueAt(other)))
    }
  }
  return document
}

function placesIn(value: Json): readonly Place[] {
  if (typeof value !== 'object' || value === null) return []
  return Object.keys(value).flatMap((key) => {
    const place = { holder: value, key }
    return [place, ...placesIn(valueAt(place))]
  })
}

function valueAt({ holder, key }: Place): Json {
  return (Array.isArray(holder) ? holder[Number(key)] : holder[key]) ?? null
}

function put({ holder, key }: Place, value: Json): void {
  if (Array.isArray(holder)) holder[Number(key)] = value
  // As JSON.parse does, also for a name like __proto__.
  else Object.defineProperty(holder, key, { value, enumerable: true, configurable: true, writable: true })
}
