import { parseReference } from '../oci/reference.ts'
import { type ImageName, isLocal, localName, type NameProblem, type RegistryName, transportParts } from './transport.ts'

const BASE_FORMS = 'a registry reference, scratch, oci:, oci-archive:, docker-archive:, dir: or containers-storage:'

/** Sources of KIWI's `derived_from` (kiwi/system/uri.py) that mean nothing outside of KIWI or the build service. */
const KIWI_SOURCES: ReadonlyMap<string, string> = new Map([
  ['obsrepositories', 'names a container of the Open Build Service that builds the description'],
  ['obs', 'names a container of the Open Build Service that builds the description'],
  ['file', "is KIWI's way to name an archive: write oci-archive:FILE or docker-archive:FILE"],
])

/**
 * The reference container: a registry reference (with or without `docker://`), `scratch`, or a skopeo transport. What
 * names neither tag nor digest means `latest`, as with docker.
 */
export function parseBase(text: string): ImageName | 'scratch' | NameProblem {
  if (text === 'scratch') return 'scratch'
  const { transport, rest } = transportParts(text)
  const kiwi = KIWI_SOURCES.get(transport ?? '')
  if (kiwi !== undefined) return { problem: kiwiProblem(text, kiwi) }
  if (transport === undefined || transport === 'docker') return registryName(rest)
  if (transport === 'docker-daemon' || !isLocal(transport)) {
    return { problem: `'${text}' is no source of a base: write ${BASE_FORMS}` }
  }
  return localName(transport, rest)
}

function kiwiProblem(text: string, why: string): string {
  return `'${text}' ${why}${why.includes('write') ? '' : `: write its registry reference, like registry.opensuse.org/PROJECT/NAME:TAG`}`
}

function registryName(text: string): RegistryName | NameProblem {
  const parsed = parseReference(text)
  if (typeof parsed === 'string') return { problem: `'${text}' is no reference: ${parsed}` }
  return { transport: 'docker', reference: parsed }
}
