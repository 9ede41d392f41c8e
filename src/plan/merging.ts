import { InputError, type Problem } from '../errors.ts'
import type { MergeInputs } from '../inputs/mergeinputs.ts'
import type { InputName } from '../inputs/raw.ts'
import type { LevelledAnnotation } from '../oci/annotations.ts'
import { type PinnedReference, type Reference, referenceText, repositoryText } from '../oci/reference.ts'
import { parseTag } from '../registry/transport.ts'
import { loginRegistry, loneRegistryProblem } from './loginregistry.ts'

/** The validated decision of what is merged, without secrets. */
export interface MergePlan {
  /** At least one, each once, and each in one of `repositories`. */
  readonly images: readonly PinnedReference[]
  /** At least one, as `registry/repository:tag`. */
  readonly tags: readonly string[]
  /** Those of the tags, each once. */
  readonly repositories: readonly Pick<Reference, 'registry' | 'repository'>[]
  readonly annotations: readonly LevelledAnnotation[]
  /** What the login of the inputs is for. */
  readonly loginRegistry?: string
  readonly tlsVerify: boolean
  readonly installTools: boolean
}

/** @throws InputError with every problem of the inputs, by themselves and together */
export function mergePlan(given: { readonly inputs: MergeInputs; readonly problems: readonly Problem[] }): MergePlan {
  const { images, tags, annotations, tlsVerify, installTools } = given.inputs
  const problems = [...given.problems]
  const isRefused = (...names: readonly InputName[]) =>
    given.problems.some(({ where }) => names.some((name) => where === `input ${name}`))
  if (images.length === 0 && !isRefused('images'))
    problems.push(missing('images', 'REGISTRY/NAME@sha256:…, one a line'))
  if (tags.length === 0 && !isRefused('tags')) problems.push(missing('tags', 'REGISTRY/NAME:TAG'))
  const repositories = repositoriesOf(tags)
  if (repositories.length > 0) problems.push(...elsewhere(images, repositories.map(repositoryText)))
  problems.push(...repeated(images))
  const login = loginRegistry(
    given.inputs,
    repositories.map(({ registry }) => registry),
  )
  if ('where' in login && repositories.length > 0 && !isRefused('registry')) problems.push(login)
  const isLone = given.inputs.login === undefined && !isRefused('username', 'password')
  if (given.inputs.registry !== undefined && isLone) problems.push(loneRegistryProblem(given.inputs.registry))
  if (problems.length > 0 || 'where' in login) throw new InputError(problems)
  return { images, tags, repositories, annotations, ...login, tlsVerify, installTools }
}

function missing(input: string, form: string): Problem {
  return { where: `input ${input}`, text: `missing: write ${form}` }
}

function repositoriesOf(tags: readonly string[]): MergePlan['repositories'] {
  const found = tags.flatMap((tag) => {
    const parsed = parseTag(tag)
    if ('problem' in parsed) return []
    const { registry, repository } = parsed.reference
    return [{ registry, repository }]
  })
  return [...new Map(found.map((each) => [repositoryText(each), each])).values()]
}

/** A registry takes an index only where it has what the index names. */
function elsewhere(images: readonly PinnedReference[], repositories: readonly string[]): readonly Problem[] {
  const others = images.filter((image) => !repositories.includes(repositoryText(image)))
  return others.map((image) => ({
    where: 'input images',
    text: `${referenceText(image)} is not in ${repositories.join(' or ')}, where the tags are: push it there by digest`,
  }))
}

/** Outputs of a matrix of jobs have one name: only the last one's stays. */
function repeated(images: readonly PinnedReference[]): readonly Problem[] {
  const found = images.filter(({ digest }, at) => images.findIndex((each) => each.digest === digest) !== at)
  return [...new Set(found.map(referenceText))].map((name) => ({
    where: 'input images',
    text: `${name} stands there more than once: each job of a matrix needs an output of its own`,
  }))
}
