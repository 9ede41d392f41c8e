import type { Problem } from '../errors.ts'
import { nearestWord } from '../spelling.ts'
import { descriptionProblem } from './place.ts'
import type { XmlElement } from './xml.ts'

interface Rule {
  /** By name: what the value has to look like. */
  readonly attributes?: Readonly<Record<string, Value>>
  readonly required?: readonly string[]
  /** Of these there is exactly one. */
  readonly either?: readonly string[]
  readonly children?: Readonly<Record<string, Child>>
  readonly text?: boolean
}

interface Value {
  readonly pattern?: RegExp
  /** What to write where the pattern does not fit. */
  readonly advice?: string
}

interface Child {
  readonly rule: Rule
  /** Of most elements there is at most one; of these there are as many as wanted, of some at least one. */
  readonly several?: 'any' | 'one or more'
}

const TEXT: Value = {}
const BOOLEAN: Value = { pattern: /^(true|false|1|0)$/, advice: 'true or false' }
const PORT: Value = { pattern: /^\d+(\/(udp|tcp))?$/, advice: 'a number, with /tcp or /udp behind it where it matters' }

/** Four numbers up to 65535 (`package-version-type`). */
const PACKAGE_VERSION: Value = {
  pattern: /^(?:(?:^|\.)(?:0|[1-9]\d{0,3}|[1-5]\d{4}|6[0-4]\d{3}|65[0-4]\d{2}|655[0-2]\d|6553[0-5])){4}$/,
  advice: 'four numbers, such as 1.0.0.0',
}

const COMMAND: Rule = {
  attributes: { execute: TEXT, clear: BOOLEAN },
  either: ['execute', 'clear'],
  children: { argument: { rule: { attributes: { name: TEXT }, required: ['name'] }, several: 'any' } },
}

/** The schema has one `<volume>` for containers and for LVM. */
const VOLUME_ATTRIBUTES = [
  ...[
    'name',
    'copy_on_write',
    'quota',
    'filesystem_check',
    'freespace',
    'mountpoint',
    'label',
    'parent',
    'size',
    'arch',
  ],
]

/** kiwi/schema/kiwi.rnc from `main block: <containerconfig>` on. */
const CONTAINERCONFIG: Rule = {
  attributes: { name: TEXT, tag: TEXT, additionalnames: TEXT, maintainer: TEXT, user: TEXT, workingdir: TEXT },
  required: ['name'],
  children: {
    entrypoint: { rule: COMMAND },
    subcommand: { rule: COMMAND },
    expose: { rule: { children: { port: list({ number: PORT }) } } },
    volumes: {
      rule: {
        children: { volume: list(Object.fromEntries(VOLUME_ATTRIBUTES.map((name) => [name, TEXT])), ['name']) },
      },
    },
    stopsignal: { rule: { text: true } },
    environment: { rule: { children: { env: list({ name: TEXT, value: TEXT }) } } },
    labels: { rule: { children: { label: list({ name: TEXT, value: TEXT }) } } },
    history: {
      rule: {
        attributes: {
          ...{ created_by: TEXT, author: TEXT, application_id: TEXT, package_version: PACKAGE_VERSION, launcher: TEXT },
        },
        text: true,
      },
    },
  },
}

function list(
  attributes: Readonly<Record<string, Value>>,
  required: readonly string[] = Object.keys(attributes),
): Child {
  return { rule: { attributes, required }, several: 'one or more' }
}

/**
 * What KIWI's schema would refuse in the `<containerconfig>` of a type. KIWI itself does not see it: the copy that it
 * builds from is without.
 *
 * @param type a disk type, @param schemaVersion of the description
 */
export function containerProblems(type: XmlElement, schemaVersion: string): readonly Problem[] {
  // Before schema 7.5 the further names were tags alone (kiwi/xsl/convert74to75.xsl).
  const attributes = { ...CONTAINERCONFIG.attributes, ...(Number(schemaVersion) < 7.5 ? { additionaltags: TEXT } : {}) }
  const rule = { ...CONTAINERCONFIG, attributes }
  return type.children
    .filter((child) => child.name === 'containerconfig')
    .flatMap((section, index) =>
      index === 0 ? elementProblems(section, rule) : [problemAt(section, 'is there twice: write one')],
    )
}

function elementProblems(element: XmlElement, rule: Rule): readonly Problem[] {
  const text = rule.text !== true && element.text.trim() !== ''
  return [
    ...attributeProblems(element, rule),
    ...missingProblems(element, rule),
    ...childProblems(element, rule.children ?? {}),
    ...(text ? [problemAt(element, `holds the text ${JSON.stringify(element.text.trim())}: remove it`)] : []),
  ]
}

function attributeProblems(element: XmlElement, { attributes = {} }: Rule): readonly Problem[] {
  const given = element.attributes.filter(({ name }) => !/^xmlns(:|$)/.test(name))
  return given.flatMap(({ name, value, line }) => {
    const known = Object.hasOwn(attributes, name) ? attributes[name] : undefined
    if (known === undefined) {
      return [problemAt({ ...element, line }, `has no attribute ${name}: ${advice(name, Object.keys(attributes))}`)]
    }
    // White space around it is none of a token (XML Schema part 2 section 4.3.6).
    if (known.pattern?.test(value.trim()) ?? true) return []
    return [problemAt({ ...element, line }, `cannot have ${name}="${value}": write ${known.advice}`)]
  })
}

function missingProblems(element: XmlElement, { required = [], either = [] }: Rule): readonly Problem[] {
  const has = (name: string) => element.attributes.some((attribute) => attribute.name === name)
  const missing = required.filter((name) => !has(name)).map((name) => problemAt(element, `needs ${name}="…"`))
  if (either.length === 0 || either.filter(has).length === 1) return missing
  return [...missing, problemAt(element, `takes one of ${either.map((name) => `${name}="…"`).join(' and ')}`)]
}

function childProblems(element: XmlElement, children: Readonly<Record<string, Child>>): readonly Problem[] {
  const seen = new Set<string>()
  const problems = element.children.flatMap((child) => {
    const known = Object.hasOwn(children, child.name) ? children[child.name] : undefined
    if (known === undefined) {
      return [problemAt(child, `has no place in <${element.name}>: ${advice(child.name, Object.keys(children))}`)]
    }
    const isAgain = seen.has(child.name) && known.several === undefined
    seen.add(child.name)
    return isAgain ? [problemAt(child, 'is there twice: write one')] : elementProblems(child, known.rule)
  })
  const absent = Object.entries(children).filter(([name, { several }]) => several === 'one or more' && !seen.has(name))
  return [...problems, ...absent.map(([name]) => problemAt(element, `is empty: write a <${name} …/> in it`))]
}

function advice(wrong: string, known: readonly string[]): string {
  if (known.length === 0) return 'remove it'
  const nearest = nearestWord(wrong, known)
  return `${nearest === undefined ? '' : `did you mean ${nearest}? `}known are ${known.join(', ')}`
}

function problemAt(element: Pick<XmlElement, 'name' | 'file' | 'line'>, text: string): Problem {
  return descriptionProblem(element.file, element.line, `<${element.name}> ${text}`)
}
