import type { ConfigChanges } from '../oci/config.ts'
import type { ContainerNaming } from '../oci/containername.ts'
import { optional } from './optional.ts'
import { attributeValue, childrenNamed, isTrue, type XmlElement } from './xml.ts'

/** What `<containerconfig>` says, as KIWI reads it (kiwi/xml_state.py `get_container_config`). */
export interface ContainerConfig {
  readonly changes: ConfigChanges
  readonly naming: ContainerNaming
  readonly maintainer?: string
}

/** @param element a `<containerconfig>` */
export function containerConfig(element: XmlElement): ContainerConfig {
  const environment = valuesByName(element, 'environment', 'env')
  const labels = valuesByName(element, 'labels', 'label')
  const expose = attributesBelow(element, 'expose', 'port', 'number')
  const volumes = attributesBelow(element, 'volumes', 'volume', 'name')
  const stopsignal = childrenNamed(element, 'stopsignal')[0]?.text.trim()
  const additionalNames = attributeValue(element, 'additionalnames')
  return {
    changes: {
      ...optional('entrypoint', command(element, 'entrypoint')),
      ...optional('cmd', command(element, 'subcommand')),
      ...optional('env', environment),
      ...optional('labels', labels),
      ...optional('user', filled(attributeValue(element, 'user'))),
      ...optional('workdir', filled(attributeValue(element, 'workingdir'))),
      ...optional('expose', expose),
      ...optional('volumes', volumes),
      ...optional('stopsignal', filled(stopsignal)),
    },
    naming: {
      ...optional('name', filled(attributeValue(element, 'name'))),
      ...optional('tag', filled(attributeValue(element, 'tag'))),
      ...optional('additionalNames', filled(additionalNames)?.split(',')),
    },
    ...optional('maintainer', filled(attributeValue(element, 'maintainer'))),
  }
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
  return entries.length === 0 ? undefined : Object.fromEntries(entries)
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
