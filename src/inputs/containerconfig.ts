import { isScalar as isYamlScalar, parseDocument, visit } from 'yaml'
import { isJsonObject, type JsonObject } from '../json.ts'
import type { ConfigChanges } from '../oci/container/config.ts'
import { configProblems, KIWI_WORDS } from '../oci/container/containerconfig.ts'
import { type ContainerNaming, namingProblems } from '../oci/container/containername.ts'
import type { HistoryChanges } from '../oci/container/history.ts'
import { portKey, portProblem } from '../oci/container/port.ts'
import { similarWords } from '../spelling.ts'

/** The input `containerconfig`: what is valid in it by itself, and a sentence for each that is not. */
export interface Containerconfig {
  readonly changes: ConfigChanges
  readonly naming: ContainerNaming
  /** Led by the key, as it was written. */
  readonly problems: readonly string[]
}

/** A value, or why it cannot be taken. */
type Reading<Value = unknown> = { readonly value: Value } | { readonly problem: string }
type Reader = (value: unknown) => Reading

/** What a container is called, in KIWI's words. */
const NAMING: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['name', scalar],
  ['tag', scalar],
  ['additionalnames', namesList],
])

const CHANGES: Readonly<Record<keyof ConfigChanges, Reader>> = {
  author: scalar,
  user: scalar,
  workdir: scalar,
  entrypoint: (value) => texts(value, '["sh", "-c"]'),
  cmd: (value) => texts(value, '["sleep", "10"]'),
  expose: ports,
  volumes: (value) => texts(value, '["/data"]'),
  stopsignal: scalar,
  env: mapping,
  labels: mapping,
  history,
}

const READERS: ReadonlyMap<string, Reader> = new Map([...NAMING, ...Object.entries(CHANGES)])
const KEYS = [...READERS.keys()]

const KEY_OF_KIWI_WORD: ReadonlyMap<string, string> = new Map([...KIWI_WORDS].map(([key, word]) => [word, key]))

/** @param text YAML; an empty one changes nothing */
export function readContainerconfig(text: string): Containerconfig {
  try {
    // Scalars stay the text that was written: 3.10 is a version, and 010 no eight. Only null is more than text.
    const document = parseDocument(text, { schema: 'failsafe', customTags: ['null'] })
    // What is a warning to the parser, such as a tag that it does not know, it would print to standard error itself.
    const [error] = [...document.errors, ...document.warnings]
    if (error !== undefined) throw error
    visit(document, {
      Pair: (_, { key }) => {
        if (!isYamlScalar(key)) throw new Error('a key is no text: write NAME: VALUE')
      },
    })
    return parseContainerconfig(document.toJS())
  } catch (error) {
    const [reason = ''] = String(error instanceof Error ? error.message : error).split('\n')
    return { changes: {}, naming: {}, problems: [`no valid YAML: ${reason}`] }
  }
}

/** @param value of the parsed YAML; nothing at all changes nothing */
export function parseContainerconfig(value: unknown): Containerconfig {
  if (value === undefined || value === null) return { changes: {}, naming: {}, problems: [] }
  if (!isJsonObject(value)) {
    return { changes: {}, naming: {}, problems: [`write a mapping with the keys ${KEYS.join(', ')}`] }
  }
  const taken: [string, unknown][] = []
  const problems: string[] = []
  for (const [word, member] of Object.entries(value)) {
    const key = keyOf(word)
    const reading = key === undefined ? { problem: unknownKey(word) } : readMember({ word, key, member }, value)
    if ('problem' in reading) problems.push(reading.problem)
    else taken.push([key ?? word, reading.value])
  }
  const changes: ConfigChanges = Object.fromEntries(taken.filter(([key]) => !NAMING.has(key)))
  const naming = namingOf(Object.fromEntries(taken.filter(([key]) => NAMING.has(key))))
  const wordOf = (key: string) => Object.keys(value).find((word) => keyOf(word) === key) ?? key
  const found = [...namingProblems(naming), ...configProblems(changes)]
  return { changes, naming, problems: [...problems, ...found.map(({ key, text }) => `${wordOf(key)}: ${text}`)] }
}

function readMember(given: { word: string; key: string; member: unknown }, all: JsonObject): Reading {
  const { word, key, member } = given
  if (key !== word && Object.hasOwn(all, key)) {
    return { problem: `${word}: is KIWI's word for ${key}, which is given too: write one of the two` }
  }
  if (member === null) return { value: null }
  const reading = READERS.get(key)?.(member) ?? { problem: unknownKey(word) }
  return 'problem' in reading ? { problem: `${word}: ${reading.problem}` } : reading
}

function namingOf({ additionalnames, ...others }: JsonObject): ContainerNaming {
  return {
    ...others,
    ...(additionalnames === undefined ? {} : { additionalNames: additionalnames as string[] | null }),
  }
}

/** @returns our name of it, undefined where there is no such key */
function keyOf(word: string): string | undefined {
  return READERS.has(word) ? word : KEY_OF_KIWI_WORD.get(word)
}

function unknownKey(word: string): string {
  const [similar] = similarWords(word, [...KEYS, ...KEY_OF_KIWI_WORD.keys()])
  return `unknown key ${JSON.stringify(word)}: ${similar === undefined ? '' : `did you mean ${similar}? `}known are ${KEYS.join(', ')}`
}

function texts(value: unknown, example: string): Reading<readonly string[]> {
  if (!Array.isArray(value)) return { problem: `write a list: ${example}` }
  const other = value.find((item) => typeof item !== 'string')
  if (other === undefined) return { value: value as readonly string[] }
  const written = isScalar(other) ? `write "${other}" in quotes` : `such as ${example}`
  return { problem: `a list of texts is needed: ${written}` }
}

/** A list, or one text with commas, as KIWI's attribute is written. */
function namesList(value: unknown): Reading<readonly string[]> {
  const list = typeof value === 'string' ? value.split(',').map((name) => name.trim()) : value
  return texts(list, '["acme/other:1.0", ":stable"]')
}

function scalar(value: unknown): Reading<string> {
  return isScalar(value) ? { value: `${value}` } : { problem: 'write one text' }
}

function mapping(value: unknown): Reading<Readonly<Record<string, string | null>>> {
  if (!isJsonObject(value)) return { problem: 'write a mapping: NAME: VALUE' }
  const wrong = Object.entries(value).find(([, member]) => member !== null && !isScalar(member))
  if (wrong !== undefined) return { problem: `the value of ${JSON.stringify(wrong[0])} is no text` }
  return { value: mappedTexts(value) }
}

function history(value: unknown): Reading<HistoryChanges> {
  const known = ['created_by', 'author', 'comment']
  if (!isJsonObject(value)) return { problem: `write a mapping with ${known.join(', ')}` }
  const read = mapping(value)
  if ('problem' in read) return read
  const unknown = Object.keys(read.value).find((name) => !known.includes(name))
  if (unknown !== undefined) return { problem: `unknown key ${JSON.stringify(unknown)}: known are ${known.join(', ')}` }
  const { created_by: createdBy, ...others } = read.value
  return { value: { ...others, ...(createdBy === undefined ? {} : { createdBy }) } }
}

function mappedTexts(value: JsonObject): Readonly<Record<string, string | null>> {
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, member === null ? null : `${member}`]))
}

/** As docker writes them, with the protocol. */
function ports(value: unknown): Reading<readonly string[]> {
  const isNumber = (port: unknown) => typeof port === 'number' || typeof port === 'bigint'
  const read = texts(
    Array.isArray(value) ? value.map((port) => (isNumber(port) ? `${port}` : port)) : value,
    '[80, 53/udp]',
  )
  if ('problem' in read) return read
  return { value: read.value.map((port) => (portProblem(port) === undefined ? portKey(port) : port)) }
}

function isScalar(value: unknown): value is string | number | bigint | boolean {
  return ['string', 'number', 'bigint', 'boolean'].includes(typeof value)
}
