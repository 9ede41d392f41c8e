import { type Digest, isDigest } from './digest.ts'

/** The full name of an image at a registry; distribution reference grammar (distribution/reference, reference.go). */
export interface Reference {
  /** Host and port as written, `docker.io` where the text names none. */
  readonly registry: string
  readonly repository: string
  readonly tag?: string
  readonly digest?: Digest
}

/** An image at a registry by its digest alone. */
export type PinnedReference = Pick<Reference, 'registry' | 'repository'> & { readonly digest: Digest }

const DOCKER = 'docker.io'
const REPOSITORY_LIMIT = 255
const HOST_PART = '[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?'
const REGISTRY = new RegExp(`^(?:${HOST_PART}(?:\\.${HOST_PART})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]{1,5})?$`)
const COMPONENT = '[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*'
const REPOSITORY = new RegExp(`^${COMPONENT}(?:/${COMPONENT})*$`)
const LAST_PORT = 65_535
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/
const SCHEME = /^([a-z0-9+-]+):\/\//

/**
 * A reference as docker and skopeo read it: `alpine` is `docker.io/library/alpine`. No tag is added.
 *
 * @returns the reference, or one sentence with the problem and what to write
 */
export function parseReference(text: string): Reference | string {
  if (text === '') return 'the reference is empty: write REGISTRY/REPOSITORY:TAG'
  if (/\s/.test(text)) return 'a reference holds no spaces'
  const scheme = SCHEME.exec(text)
  if (scheme) return `write the reference without ${scheme[0]}: ${withoutLogin(text).slice(scheme[0].length)}`
  const [named = '', digest, ...more] = text.split('@')
  if (digest !== undefined && (more.length > 0 || !isDigest(digest))) {
    return 'the part after @ is not a digest: write sha256: and 64 lower-case hexadecimal digits'
  }
  const { name, tag } = nameAndTag(named)
  if (tag !== undefined && !TAG.test(tag)) return tagProblem(tag)
  const { registry, repository } = registryAndRepository(name)
  const problem = registryProblem(registry) ?? repositoryProblem(registry, repository, name)
  if (problem !== undefined) return problem
  return { registry, repository, ...(tag === undefined ? {} : { tag }), ...(digest === undefined ? {} : { digest }) }
}

/** `registry/repository[:tag][@digest]` */
export function referenceText(reference: Reference): string {
  const tag = reference.tag === undefined ? '' : `:${reference.tag}`
  const digest = reference.digest === undefined ? '' : `@${reference.digest}`
  return `${repositoryText(reference)}${tag}${digest}`
}

/** `registry/repository` */
export function repositoryText({ registry, repository }: Pick<Reference, 'registry' | 'repository'>): string {
  return `${registry}/${repository}`
}

/**
 * The `registry/repository` of a tag that was checked before.
 *
 * @throws Error for one that is none
 */
export function repositoryOf(tag: string): string {
  const parsed = parseReference(tag)
  if (typeof parsed === 'string') throw new Error(`${tag} is no tag, and was never checked: ${parsed}`)
  return repositoryText(parsed)
}

function nameAndTag(text: string): { name: string; tag?: string } {
  const colon = text.lastIndexOf(':')
  // A colon before the last slash belongs to the registry's port.
  if (colon < 0 || colon < text.lastIndexOf('/')) return { name: text }
  return { name: text.slice(0, colon), tag: text.slice(colon + 1) }
}

/** Whether a name begins with a registry: `localhost/a` and `ghcr.io/a` do, `acme/a` does not. */
export function hasRegistry(name: string): boolean {
  return isHost(name.slice(0, Math.max(name.indexOf('/'), 0)))
}

/** Unlike docker, capitals do not make a host: whoever writes Acme/app means a repository. */
function isHost(first: string): boolean {
  return /[.:]/.test(first) || first === 'localhost'
}

function registryAndRepository(name: string): { registry: string; repository: string } {
  const slash = name.indexOf('/')
  const first = name.slice(0, Math.max(slash, 0))
  // The first part is a host only when it looks like one.
  const registry = isHost(first) ? first : DOCKER
  const repository = isHost(first) ? name.slice(slash + 1) : name
  if (registry !== DOCKER && registry !== `index.${DOCKER}`) return { registry, repository }
  return { registry: DOCKER, repository: repository.includes('/') ? repository : `library/${repository}` }
}

function registryProblem(registry: string): string | undefined {
  if (!REGISTRY.test(registry))
    return `${JSON.stringify(registry)} is not the name of a registry: write HOST or HOST:PORT`
  if (Number(/:([0-9]+)$/.exec(registry)?.[1] ?? 1) > LAST_PORT)
    return `there is no port above ${LAST_PORT}: ${registry}`
  return undefined
}

function repositoryProblem(registry: string, repository: string, name: string): string | undefined {
  if (name === '' || repository === '' || repository === 'library/') {
    return 'the name of the repository is missing: write REGISTRY/REPOSITORY:TAG'
  }
  const lower = repository.toLowerCase()
  if (lower !== repository && REPOSITORY.test(lower)) {
    const host = name.startsWith(`${registry}/`) ? `${registry}/` : ''
    return `repository names are lower case: write ${host}${name.slice(host.length).toLowerCase()}`
  }
  if (!REPOSITORY.test(repository)) {
    return `${JSON.stringify(repository)} is not the name of a repository: use a-z and 0-9, with . _ - between them and / between parts`
  }
  if (repository.length > REPOSITORY_LIMIT)
    return `the name of the repository has more than ${REPOSITORY_LIMIT} characters`
  if (/^[a-f0-9]{64}$/.test(name))
    return 'a name of 64 hexadecimal digits is taken for a digest: write REGISTRY/REPOSITORY'
  return undefined
}

function tagProblem(tag: string): string {
  if (tag === '') return 'the tag after : is missing'
  return `${JSON.stringify(tag)} is not a tag: use at most 128 of A-Z, a-z, 0-9, _ . - and start with none of . -`
}

/** A text that was to be a reference, without the login of an address: it goes into messages. */
export function withoutLogin(text: string): string {
  return text.replace(/(:\/\/)[^/@]*@/, '$1')
}
