import type { ConfigChanges } from '../oci/container/config.ts'
import type { ContainerNaming } from '../oci/container/containername.ts'
import { optional } from './optional.ts'
import { attributeValue, childrenNamed, isTrue, type XmlElement } from './xml.ts'

/** What `<containerconfig>` says, as KIWI reads it (kiwi/xml_state.py `get_container_config`). */
export interface ContainerConfig {
  readonly changes: ConfigChanges
  readonly naming: ContainerNaming
  /** The line that a key stands on, by the words of the input: `cmd` of `<subcommand>`. */
  readonly lines: Readonly<Record<string, number>>
}

/** Children of the section, by what the input calls them. */
const SECTIONS: Readonly<Record<string, string>> = {
  entrypoint: 'entrypoint',
  cmd: 'subcommand',
  expose: 'expose',
  volumes: 'volumes',
  stopsignal: 'stopsignal',
  env: 'environment',
  labels: 'labels',
  history: 'history',
}
/** Its attributes. */
const ATTRIBUTES: Readonly<Record<string, string>> = {
  name: 'name',
  tag: 'tag',
  additionalnames: 'additionalnames',
  author: 'maintainer',
  user: 'user',
  workdir: 'workingdir',
}

/**
 * @param element a `<containerconfig>`, where the type has one, @param author of the description: who made the image
 *   where the section does not say it, and the history's author too
 */
export function containerConfig(element: XmlElement | undefined, author: string | undefined): ContainerConfig {
  if (element === undefined) return { changes: authorChanges(author, author), naming: {}, lines: {} }
  const environment = valuesByName(element, 'environment', 'env')
  const labels = valuesByName(element, 'labels', 'label')
  const expose = attributesBelow(element, 'expose', 'port', 'number')
  const volumes = attributesBelow(element, 'volumes', 'volume', 'name')
  const stopsignal = childrenNamed(element, 'stopsignal')[0]?.text.trim()
  const history = childrenNamed(element, 'history')[0]
  const maintainer = filled(attributeValue(element, 'maintainer'))
  return {
    changes: {
      ...authorChanges(maintainer ?? author, author),
      ...optional('entrypoint', command(element, 'entrypoint')),
      ...optional('cmd', command(element, 'subcommand')),
      ...optional('env', environment),
      ...optional('labels', labels),
      ...optional('user', filled(attributeValue(element, 'user'))),
      ...optional('workdir', filled(attributeValue(element, 'workingdir'))),
      ...optional('expose', expose),
      ...optional('volumes', volumes),
      ...optional('stopsignal', filled(stopsignal)),
      ...optional('history', history === undefined ? undefined : historyChanges(history, author)),
    },
    naming: {
      ...optional('name', filled(attributeValue(element, 'name'))),
      ...optional('tag', filled(attributeValue(element, 'tag'))),
      ...optional('additionalNames', additionalNames(element)),
    },
    lines: keyLines(element),
  }
}

function keyLines(element: XmlElement): Readonly<Record<string, number>> {
  const sections = Object.entries(SECTIONS).map(([key, name]) => [key, childrenNamed(element, name)[0]?.line] as const)
  const attributes = Object.entries(ATTRIBUTES).map(
    ([key, name]) => [key, element.attributes.find((attribute) => attribute.name === name)?.line] as const,
  )
  return Object.fromEntries([...sections, ...attributes].map(([key, line]) => [key, line ?? element.line]))
}

/** KIWI's history has the description's author also where another maintains the container. */
function authorChanges(author: string | undefined, historyAuthor: string | undefined): ConfigChanges {
  return {
    ...optional('author', author),
    ...optional('history', historyAuthor === undefined ? undefined : { author: historyAuthor }),
  }
}

/** The other attributes of `<history>` are for containers of WSL. */
function historyChanges(section: XmlElement, author: string | undefined): NonNullable<ConfigChanges['history']> {
  return {
    ...optional('createdBy', filled(attributeValue(section, 'created_by'))),
    ...optional('author', filled(attributeValue(section, 'author')) ?? author),
    ...optional('comment', filled(section.text)),
  }
}

function additionalNames(element: XmlElement): readonly string[] | undefined {
  const parts = (name: string) =>
    (attributeValue(element, name) ?? '')
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== '')
  // Before schema 7.5 they were tags alone (kiwi/xsl/convert74to75.xsl).
  const names = [...parts('additionalnames'), ...parts('additionaltags').map((tag) => `:${tag}`)]
  return names.length === 0 ? undefined : names
}

function command(element: XmlElement, name: string): readonly string[] | null | undefined {
  const section = childrenNamed(element, name)[0]
  if (section === undefined) return undefined
  const execute = attributeValue(section, 'execute')
  if (execute !== undefined && execute !== '') {
    const args = childrenNamed(section, 'argument').map((argument) => attributeValue(argument, 'name') ?? '')
    return [execute, ...args]
  }
  return isTrue(section, 'clear') ? null : undefined
}

function valuesByName(element: XmlElement, group: string, name: string): Readonly<Record<string, string>> | undefined {
  const entries = childrenNamed(element, group)
    .slice(0, 1)
    .flatMap((section) => childrenNamed(section, name))
    .map((entry) => [attributeValue(entry, 'name') ?? '', attributeValue(entry, 'value') ?? ''] as const)
  // KIWI hands them to umoci by name (kiwi/oci_tools/umoci.py).
  const sorted = [...new Map(entries)].sort(([one], [other]) => (one < other ? -1 : 1))
  return entries.length === 0 ? undefined : Object.fromEntries(sorted)
}

function attributesBelow(
  element: XmlElement,
  group: string,
  name: string,
  attribute: string,
): readonly string[] | undefined {
  const values = childrenNamed(element, group)
    .slice(0, 1)
    .flatMap((section) => childrenNamed(section, name))
    .map((entry) => attributeValue(entry, attribute)?.trim() ?? '')
  return values.length === 0 ? undefined : values
}

function filled(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}
