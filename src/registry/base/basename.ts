import { basename, resolve } from 'node:path'
import { parseReference, withoutLogin } from '../../oci/reference.ts'
import {
  type ImageName,
  imageNameText,
  isLocal,
  localName,
  type NameProblem,
  plainName,
  transportParts,
} from '../transport.ts'

/**
 * What stands at a path of this machine, KIWI's way to name a container (kiwi/system/uri.py): which kind of archive it
 * is only the file itself says.
 */
export interface PathName {
  readonly transport: 'path'
  readonly path: string
}

/** The reference container as it was named, before anything is looked at. */
export type BaseName = ImageName | PathName

const BASE_FORMS =
  'a registry reference, scratch, oci:, oci-archive:, docker-archive:, dir:, containers-storage:, docker-daemon: or file:'

const BUILD_SERVICE =
  'names a container of the Open Build Service that builds the description: write its registry reference, like registry.opensuse.org/PROJECT/NAME:TAG'

/** Sources that cannot be read from here: KIWI's own, and addresses of the web. */
const FOREIGN_SOURCES: ReadonlyMap<string, (rest: string) => string> = new Map([
  ['obsrepositories', () => BUILD_SERVICE],
  ['obs', () => BUILD_SERVICE],
  [
    'this',
    () => "is KIWI's word for the folder of the description, which it knows for repositories only: write file:PATH",
  ],
  ['http', webProblem],
  ['https', webProblem],
  ['ftp', webProblem],
])

/**
 * The reference container: a registry reference (with or without `docker://`), `scratch`, a skopeo transport, or a path of
 * this machine as KIWI takes it: `file:PATH`, `file:///PATH`, `dir:…` and an absolute path alone. What names neither tag
 * nor digest means `latest`, as with docker. Relative paths are those of the working directory, as with KIWI and skopeo.
 */
export function parseBase(text: string): BaseName | 'scratch' | NameProblem {
  if (text === 'scratch') return 'scratch'
  if (text.startsWith('/')) return pathName(text, text)
  if (/^\.{1,2}\//.test(text)) return { problem: `'${text}' is a path: write file:${text}` }
  const [, scheme = '', address = ''] = /^([a-z]+):(.*)$/s.exec(text) ?? []
  const foreign = FOREIGN_SOURCES.get(scheme)
  if (foreign !== undefined && /^obs|^\w+:\/\//.test(text)) return { problem: `'${text}' ${foreign(address)}` }
  const { transport, rest } = transportParts(text)
  if (transport === undefined || transport === 'docker') return registryName(rest)
  if (transport === 'file' || (transport === 'dir' && rest.startsWith('//'))) return uriPath(text, rest)
  if (transport === 'docker-daemon') return engineName(text, rest)
  if (!isLocal(transport)) {
    return { problem: `'${text}' is no source of a base: write ${BASE_FORMS}` }
  }
  const name = localName(transport, rest)
  return 'problem' in name || name.transport !== 'dir' ? name : pathName(name.path, text)
}

/**
 * The base that a description names. KIWI puts the files of several together (kiwi/system/root_import/oci.py); an image
 * of layers that stay as they are has one base.
 */
export function parseDerivedFrom(text: string): BaseName | 'scratch' | NameProblem {
  const bases = text.split(',')
  if (bases.length === 1) return parseBase(text)
  const problem = `'${text}' names ${bases.length} bases, whose files KIWI would put together: write one, KIWI takes the config and the layers of ${bases.at(-1)}`
  return { problem }
}

/** What annotations call a base: nothing that only this machine knows, like the folders above an archive or of a storage. */
export function publishedName(name: ImageName): string {
  if (name.transport === 'containers-storage')
    return imageNameText({ ...name, path: name.path.replace(/^\[[^\]]*\]/, '') })
  if (name.transport === 'docker' || name.transport === 'docker-daemon') return plainName(name)
  return imageNameText({ ...name, path: basename(resolve(name.path)) })
}

/** Without a tag the engine would give all images of the name. */
function engineName(text: string, name: string): ImageName | NameProblem {
  const parsed = parseReference(name)
  if (typeof parsed === 'string') return { problem: `'${text}' is no name of an image: ${parsed}` }
  const isWhole = parsed.tag !== undefined || parsed.digest !== undefined
  return { transport: 'docker-daemon', path: isWhole ? name : `${name}:latest` }
}

function uriPath(text: string, rest: string): PathName | NameProblem {
  // KIWI takes of the address what Python's urlparse calls its path.
  const [, host = '', path = ''] = /^(?:\/\/([^/]*))?([^?#]*)/.exec(rest) ?? []
  if (host !== '' && host !== 'localhost') {
    return { problem: `'${text}' names the host ${host}: write file:///PATH, or file:PATH in the working directory` }
  }
  return pathName(path, text)
}

function pathName(path: string, text: string): PathName | NameProblem {
  if (path === '') return { problem: `'${text}' has no path: write file:PATH` }
  return { transport: 'path', path }
}

function webProblem(rest: string): string {
  const bare = rest.replace(/^\/\//, '')
  return `is an address of the web: write ${bare} for a registry, or fetch the archive before and write file:PATH`
}

function registryName(text: string): ImageName | NameProblem {
  const parsed = parseReference(text)
  if (typeof parsed === 'string') return { problem: `'${withoutLogin(text)}' is no reference: ${parsed}` }
  return { transport: 'docker', reference: parsed }
}
