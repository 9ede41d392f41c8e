import type { Problem } from '../errors.ts'
import type { Inputs } from '../inputs/inputs.ts'
import {
  type ContainerName,
  containerNames,
  containerNameText,
  DEFAULT_CONTAINER,
  referenceProblem,
} from '../oci/container/containername.ts'
import { hasRegistry } from '../oci/reference.ts'
import { parseDestination, parseTag } from '../registry/transport.ts'
import { defaultExports, hasOwnName } from './exports.ts'
import { isLayoutOnly, kindTargetProblems } from './kindtargets.ts'
import { loginRegistry, loneRegistryProblem } from './loginregistry.ts'
import type { DescriptionSource, DiskSource, Plan } from './plan.ts'
import { chosenRepository } from './repository.ts'
import { typePlace } from './typeplace.ts'

type Targets = Pick<Plan, 'tags' | 'tagsSource' | 'pushByDigest' | 'exports' | 'exportsSource' | 'loginRegistry'>

/** What decides where an image goes. */
export interface TargetChoice {
  readonly inputs: Inputs
  readonly source: DescriptionSource | DiskSource | undefined
  /** What the container is called, the main name first. */
  readonly names: readonly ContainerName[]
  /** What is wrong with the inputs by themselves. */
  readonly given: readonly Problem[]
}

/**
 * Where the image goes: what `tags`, `repository` and `export` say; where they say nothing, what the names of the container
 * and the description's `format` do. A push by digest has no tags.
 *
 * @param problems what is found wrong is added here
 */
export function chosenTargets(choice: TargetChoice, problems: Problem[]): Targets {
  const { inputs, source } = choice
  const repository = chosenRepository(inputs, choice.given, problems)
  const isUnread = source === undefined && inputs.description !== undefined
  // What a description would say of them is not known, and its own problems are told.
  if (isUnread && inputs.tags.length === 0) return { tags: [], exports: [] }
  const tags = inputs.pushByDigest || isLayoutOnly(inputs.kinds) ? { tags: [] } : chosenTags(choice, problems)
  const exports = chosenExports(choice, problems)
  const exportPlace = exports.exportsSource && source?.kind === 'description' ? typePlace(source.selected) : undefined
  if (!isRefused(choice, 'kind')) problems.push(...kindTargetProblems(inputs, exports.exports, exportPlace))
  const needsTags = !inputs.pushByDigest && !isLayoutOnly(inputs.kinds)
  if (needsTags && tags.tags.length === 0 && !isRefused(choice, 'tags')) {
    problems.push(...pushProblems(choice))
  }
  const { pushByDigest } = repository
  const references = pushByDigest === undefined ? tags.tags : [pushByDigest]
  return { ...tags, ...repository, ...exports, ...chosenLogin(choice, references, problems) }
}

function chosenTags(choice: TargetChoice, problems: Problem[]): Pick<Targets, 'tags' | 'tagsSource'> {
  const { inputs, names } = choice
  if (inputs.tags.length > 0 || isRefused(choice, 'tags')) return { tags: inputs.tags }
  const { registry } = inputs
  const tags = new Set<string>()
  for (const name of names) {
    const isFull = hasRegistry(name.repository)
    if (!isFull && registry === undefined) continue
    const parsed = parseTag(isFull ? containerNameText(name) : `${registry}/${containerNameText(name)}`)
    if ('problem' in parsed) problems.push({ ...namePlace(choice), text: parsed.problem })
    else {
      tags.add(parsed.text)
      if (parsed.reference.registry !== registry) problems.push(...elsewhere(choice, name))
    }
  }
  return tags.size === 0 ? { tags: [] } : { tags: [...tags], tagsSource: `name of ${namePlace(choice).where}` }
}

/**
 * Why a name in another registry than the input `registry` is no tag: where the workflow says which registry a job is
 * for, a description chooses a repository there and nowhere else, whatever other logins the machine has.
 */
function elsewhere({ inputs, source }: TargetChoice, { repository, tag }: ContainerName): readonly Problem[] {
  const { registry, push, naming } = inputs
  if (!push || registry === undefined || source?.kind !== 'description') return []
  const given = containerNames({ ...naming, name: naming.name || DEFAULT_CONTAINER.repository })
  if (given.some((name) => name.repository === repository)) return []
  const text = `<containerconfig> names ${repository}:${tag}, and the input registry is ${registry}: set tags to push elsewhere, or leave the other registry out of the name`
  return [{ ...typePlace(source.selected), text }]
}

function chosenExports(choice: TargetChoice, problems: Problem[]): Pick<Targets, 'exports' | 'exportsSource'> {
  const { inputs, source, names } = choice
  const described = source?.kind === 'description' && inputs.exports === undefined ? source : undefined
  const exports = inputs.exports ?? (described ? defaultExports(described, names) : [])
  // Docker knows no name in upper case, where a layout takes it.
  const unfit = exports.every((text) => hasOwnName(text)) ? [] : names.flatMap((name) => referenceProblem(name) ?? [])
  problems.push(...unfit.map((text) => ({ ...namePlace(choice), text })))
  if (described !== undefined) problems.push(...exports.flatMap((text) => exportProblem(text, described)))
  return exports.length > 0 && described !== undefined
    ? { exports, exportsSource: `format of ${typePlace(described.selected).where}` }
    : { exports }
}

/** What the description asks for is read as an input is: nothing of it fails only when all is built. */
function exportProblem(text: string, { selected }: DescriptionSource): readonly Problem[] {
  const parsed = parseDestination(text)
  return 'problem' in parsed ? [{ ...typePlace(selected), text: `format="${selected.format}": ${parsed.problem}` }] : []
}

/** Why nothing can be pushed although it is asked for. */
function pushProblems({ inputs, source, names }: TargetChoice): readonly Problem[] {
  const selected = source?.kind === 'description' ? source.selected : undefined
  if (selected?.archive === 'docker' && names.length === 0) {
    const text = `format="${selected.format}" is for a registry, and nothing names the image there: write <containerconfig name="REGISTRY/NAME">, or set the input tags`
    return [{ ...typePlace(selected), text }]
  }
  if (!inputs.push) return []
  const [name] = names
  const registry = name === undefined ? 'REGISTRY/NAME' : `REGISTRY/${name.repository}`
  const text = `there are no tags to push to: set tags, or name: ${registry} in containerconfig, or leave push out`
  return [{ where: 'input push', text }]
}

/** What the job's login is for; a registry that only the description names is none. */
function chosenLogin(
  choice: TargetChoice,
  references: readonly string[],
  problems: Problem[],
): Pick<Targets, 'loginRegistry'> {
  const { registry, login, pushByDigest, tags, naming } = choice.inputs
  if (registry !== undefined && login === undefined && !isUsed(choice)) problems.push(loneRegistryProblem(registry))
  const isDescribed = !pushByDigest && tags.length === 0 && !hasRegistry(naming.name ?? '')
  const named = (isDescribed ? [] : references).flatMap((text) => {
    const parsed = parseTag(text)
    return 'problem' in parsed ? [] : [parsed.reference.registry]
  })
  const chosen = loginRegistry(
    choice.inputs,
    named,
    isDescribed && references.length > 0 ? 'only the description names one' : undefined,
  )
  if (!('where' in chosen)) return chosen
  const isRepositoryMissing = pushByDigest && references.length === 0
  if (!isRepositoryMissing && !isRefused(choice, 'registry') && !isRefused(choice, 'tags')) problems.push(chosen)
  return {}
}

/** Whether the input `registry` says anything without a login: where names without a registry go. */
function isUsed(choice: TargetChoice): boolean {
  const { inputs, names } = choice
  if (isRefused(choice, 'username') || isRefused(choice, 'password')) return true
  return !inputs.pushByDigest && inputs.tags.length === 0 && names.some((name) => !hasRegistry(name.repository))
}

function isRefused({ given }: TargetChoice, input: string): boolean {
  return given.some((problem) => problem.where === `input ${input}`)
}

/** Where the container got its name. */
function namePlace({ inputs, source }: TargetChoice): Omit<Problem, 'text'> {
  if (inputs.naming.name || source?.kind !== 'description') return { where: 'input containerconfig' }
  return typePlace(source.selected)
}
