import { parseReference } from '../reference.ts'
import { isRefName } from '../refname.ts'
import type { KeyProblem } from './keyproblem.ts'

/** What a container image is called, as far as it is known without a registry: `acme/appliance` and `1.0`. */
export interface ContainerName {
  readonly repository: string
  readonly tag: string
}

/** `name`, `tag` and `additionalnames` of KIWI's `<containerconfig>`, or of the input of that name. */
export interface ContainerNaming {
  readonly name?: string | null
  readonly tag?: string | null
  /** Each `REPOSITORY:TAG`, `:TAG` or `REPOSITORY`. */
  readonly additionalNames?: readonly string[] | null
}

/** KIWI's, where a description gives none (kiwi/defaults.py `get_default_container_name`, `get_default_container_tag`). */
export const DEFAULT_CONTAINER: ContainerName = { repository: 'kiwi-container', tag: 'latest' }

/**
 * All names that a container has, the main one first, each once: what an additional name leaves out comes from the main
 * one (kiwi/container/oci.py `create`).
 *
 * @returns none where there is no name to begin with
 */
export function containerNames({ name, tag, additionalNames }: ContainerNaming): readonly ContainerName[] {
  if (!name) return []
  const main = { repository: name, tag: tag || DEFAULT_CONTAINER.tag }
  const others = (additionalNames ?? []).map((text) => text.trim()).filter((text) => text !== '')
  const names = [main, ...others.map((text) => completed(text, main))]
  return [...new Map(names.map((each) => [containerNameText(each), each])).values()]
}

/** `REPOSITORY:TAG` */
export function containerNameText({ repository, tag }: ContainerName): string {
  return `${repository}:${tag}`
}

/**
 * Why names cannot be those of a container image anywhere. Upper case is left to where a name goes: a layout takes it,
 * and so does KIWI with `oci:FMT`; docker and registries do not.
 */
export function namingProblems({ name, tag, additionalNames }: ContainerNaming): readonly KeyProblem[] {
  const of = (key: string, text: string | undefined) => (text === undefined ? [] : [{ key, text }])
  return [
    ...of('name', name == null ? undefined : repositoryProblem(name)),
    ...of('tag', tag == null ? undefined : tagProblem(tag)),
    ...(additionalNames ?? []).flatMap((text) => of('additionalnames', additionalProblem(text.trim()))),
  ]
}

/** Why docker and registries do not know such a name, as a sentence. */
export function referenceProblem(name: ContainerName): string | undefined {
  const text = containerNameText(name)
  const parsed = parseReference(text)
  return typeof parsed === 'string' ? `'${text}' is no name that docker knows: ${parsed}` : undefined
}

function additionalProblem(text: string): string | undefined {
  const { repository, tag } = completed(text, { repository: '', tag: '' })
  if (repository === '' && tag === '')
    return `${JSON.stringify(text)} names nothing: write REPOSITORY:TAG, REPOSITORY or :TAG`
  return (repository === '' ? undefined : repositoryProblem(repository)) ?? (tag === '' ? undefined : tagProblem(tag))
}

function repositoryProblem(repository: string): string | undefined {
  if (/@|:[^/]*$/.test(repository)) return `${JSON.stringify(repository)} is more than a name: write the tag as tag`
  const parsed = parseReference(repository.toLowerCase())
  return typeof parsed === 'string' ? `${JSON.stringify(repository)} is no name of a container: ${parsed}` : undefined
}

function tagProblem(tag: string): string | undefined {
  return isRefName(tag) && !/[:@/]/.test(tag)
    ? undefined
    : `${JSON.stringify(tag)} is not a tag: use A-Z, a-z, 0-9 and . _ - between them`
}

function completed(text: string, main: ContainerName): ContainerName {
  // A colon before the last slash belongs to a registry's port.
  const colon = text.lastIndexOf(':')
  const at = colon < text.lastIndexOf('/') ? -1 : colon
  const repository = at === -1 ? text : text.slice(0, at)
  const tag = at === -1 ? '' : text.slice(at + 1)
  return { repository: repository || main.repository, tag: tag || main.tag }
}
