import { HostError } from '../errors.ts'
import { parseReference, type Reference, referenceText, withoutLogin } from '../oci/reference.ts'
import { isRefName } from '../oci/refname.ts'

/** A name that skopeo takes; containers-transports(5). */
export type ImageName = RegistryName | LocalName

export interface RegistryName {
  readonly transport: 'docker'
  readonly reference: Reference
}

export interface LocalName {
  readonly transport: LocalTransport
  /** Folder or file; for `containers-storage` and `docker-daemon` everything after the transport. */
  readonly path: string
  /** What follows the colon after the path: the name of one image in it. */
  readonly name?: string
}

export interface NameProblem {
  /** One sentence: what is wrong and what to write. */
  readonly problem: string
}

const FILE_TRANSPORTS = ['oci', 'oci-archive', 'docker-archive', 'dir'] as const
const NAMED_TRANSPORTS = ['containers-storage', 'docker-daemon'] as const
type LocalTransport = (typeof FILE_TRANSPORTS)[number] | (typeof NAMED_TRANSPORTS)[number]

const DESTINATION_FORMS =
  'docker://REFERENCE, oci:DIR[:REF], oci-archive:FILE[:REF], docker-archive:FILE[:REF], dir:DIR, containers-storage:NAME or docker-daemon:NAME'

/** Where `export` writes to: any destination of skopeo that works without a daemon of its own, and docker's daemon. */
export function parseDestination(text: string): ImageName | NameProblem {
  const { transport, rest } = transportParts(text)
  if (transport === undefined || !(transport === 'docker' || isLocal(transport))) {
    return { problem: `'${text}' is no skopeo destination: write ${DESTINATION_FORMS}` }
  }
  if (transport !== 'docker') {
    const name = localName(transport, rest)
    const problem = 'problem' in name ? undefined : namedProblem(name)
    return problem === undefined ? name : { problem }
  }
  const parsed = parseTag(rest)
  return 'problem' in parsed ? parsed : { transport, reference: parsed.reference }
}

/**
 * One of `tags`: where to push to.
 *
 * @returns the reference with its tag, `latest` where none is written, and its full text `registry/repository:tag`
 */
export function parseTag(text: string): { reference: Reference; text: string } | NameProblem {
  const bare = text.startsWith('docker://') ? text.slice('docker://'.length) : text
  if (/^:?[\w.-]+$/.test(bare) && /^(?::|v?\d|latest$)/.test(bare)) {
    return { problem: `'${text}' is a tag without a name: write REGISTRY/REPOSITORY:${bare.replace(/^:/, '')}` }
  }
  if (!bare.includes('/')) {
    return { problem: `'${text}' is no full reference: write REGISTRY/REPOSITORY:TAG` }
  }
  const parsed = parseReference(bare)
  if (typeof parsed === 'string') return { problem: `'${withoutLogin(text)}' is no reference: ${parsed}` }
  if (parsed.digest !== undefined) {
    return { problem: `'${text}' has a digest, which a push cannot choose: write ${bare.slice(0, bare.indexOf('@'))}` }
  }
  const reference = { ...parsed, tag: parsed.tag ?? 'latest' }
  return { reference, text: referenceText(reference) }
}

/**
 * The input `repository`: where to push to without a tag.
 *
 * @returns the full text `registry/repository`
 */
export function parseRepository(text: string): string | NameProblem {
  const bare = text.startsWith('docker://') ? text.slice('docker://'.length) : text
  if (!bare.includes('/')) return { problem: `'${text}' is no repository of a registry: write REGISTRY/NAME` }
  const parsed = parseReference(bare)
  if (typeof parsed === 'string') return { problem: `'${text}' is no repository: ${parsed}` }
  const { registry, repository, tag, digest } = parsed
  const name = referenceText({ registry, repository })
  if (digest !== undefined) return { problem: `'${text}' has a digest, which comes of what is pushed: write ${name}` }
  return tag === undefined ? name : { problem: `'${text}' has a tag, and a push by digest moves none: write ${name}` }
}

/** Why docker's tools would not take the name in a destination's text. */
function namedProblem({ transport, path, name }: LocalName): string | undefined {
  if (transport === 'docker-archive') return name === undefined ? undefined : dockerNameProblem(name)
  if (transport === 'docker-daemon') return dockerNameProblem(path)
  const inStore = storageParts(path).name
  return transport === 'containers-storage' && isPlain(inStore) ? dockerNameProblem(inStore) : undefined
}

/** Why a text is no name for docker, as one sentence with the text; undefined when it is one. */
export function dockerNameProblem(text: string): string | undefined {
  const parsed = parseReference(text)
  if (typeof parsed === 'string') return `'${text}' is no name of an image: ${parsed}`
  return parsed.digest === undefined
    ? undefined
    : `'${text}' has a digest, which a target cannot choose: write NAME:TAG`
}

/**
 * Whether a place of this machine holds single images and no index: what runs as a container goes there, and nothing of the
 * rest. (Container storage keeps an index only beside images that are all there; c/image storage/storage_dest.go.)
 */
export function holdsOneImage({ transport }: ImageName): boolean {
  return ['docker-archive', 'docker-daemon', 'containers-storage'].includes(transport)
}

/** The store that the text behind `containers-storage:` may begin with, and the name; c/image storage/storage_transport.go. */
export function storageParts(path: string): { readonly store: string; readonly name: string } {
  const [, store = '', name = ''] = /^(\[[^\]]*\])?(.*)$/s.exec(path) ?? []
  return { store, name }
}

/** Whether a text in container storage is a name, and no ID or what else names an image that is there. */
export function isPlain(name: string): boolean {
  return name !== '' && !name.includes('@')
}

/** The host, with port, of a login: `ghcr.io`, `localhost:5000`; a scheme and a trailing slash are taken off. */
export function parseRegistry(text: string): string | NameProblem {
  const host = text.replace(/^https?:\/\//, '').replace(/\/(v[12]\/?)?$/, '')
  const registry = ['index.docker.io', 'registry-1.docker.io'].includes(host) ? 'docker.io' : host
  if (/^(?:[A-Za-z0-9.-]+|\[[a-fA-F0-9:]+\])(?::\d{1,5})?$/.test(registry) && !registry.startsWith('-')) return registry
  return { problem: `'${text}' is no registry: write HOST or HOST:PORT, without a path` }
}

/** What skopeo takes. It refuses a tag beside a digest (c/image docker/docker_transport.go), the digest is kept. */
export function imageNameText(name: ImageName): string {
  if (name.transport !== 'docker')
    return `${name.transport}:${name.path}${name.name === undefined ? '' : `:${name.name}`}`
  const { registry, repository, tag = 'latest', digest } = name.reference
  return `docker://${referenceText(digest === undefined ? { registry, repository, tag } : { registry, repository, digest })}`
}

/** What annotations and messages call it: `registry/repository:tag`, or the name with its transport. */
export function plainName(name: ImageName): string {
  if (name.transport !== 'docker') return imageNameText(name)
  const { tag, digest } = name.reference
  return referenceText(
    tag === undefined && digest === undefined ? { ...name.reference, tag: 'latest' } : name.reference,
  )
}

/** The transport that a name begins with, if any, and what follows; `localhost:5000/x` and `oci:1.0` begin alike: only the names of transports are transports. */
export function transportParts(text: string): { transport?: string; rest: string } {
  if (text.startsWith('docker://')) return { transport: 'docker', rest: text.slice('docker://'.length) }
  const colon = text.indexOf(':')
  const transport = text.slice(0, Math.max(colon, 0))
  const known = isLocal(transport) || /^(tarball|ostree|sif|dockers?|https?|obsrepositories|obs|file)$/.test(transport)
  return known ? { transport, rest: text.slice(colon + 1) } : { rest: text }
}

export function isLocal(transport: string): transport is LocalTransport {
  return [...FILE_TRANSPORTS, ...NAMED_TRANSPORTS].some((known) => known === transport)
}

/** The name behind a transport of this machine: `PATH[:NAME]`. */
export function localName(transport: LocalTransport, rest: string): LocalName | NameProblem {
  if (rest === '') return { problem: `nothing follows ${transport}: write ${transport}:PATH` }
  if (!FILE_TRANSPORTS.some((known) => known === transport) || transport === 'dir') return { transport, path: rest }
  const colon = rest.indexOf(':')
  if (colon < 0) return { transport, path: rest }
  const path = rest.slice(0, colon)
  const name = rest.slice(colon + 1)
  if (path === '') return { problem: `'${transport}:${rest}' has no path: write ${transport}:PATH:REF` }
  if (name === '') return { transport, path }
  if (transport !== 'docker-archive' && !isRefName(name)) {
    return {
      problem: `'${name}' is no name of an image in a layout: write ${transport}:PATH:REF, and no colon in PATH`,
    }
  }
  return { transport, path, name }
}

/**
 * A layout or a folder as skopeo names it.
 *
 * @throws HostError when the path has a colon, which skopeo takes for the end of it
 */
export function folderName(transport: 'oci' | 'dir', folder: string, name?: string): string {
  if (!folder.includes(':')) return imageNameText({ transport, path: folder, ...(name === undefined ? {} : { name }) })
  throw new HostError(
    'host-folder',
    `skopeo cannot work in ${folder}, for the colon in its name`,
    'choose another work-dir',
  )
}
