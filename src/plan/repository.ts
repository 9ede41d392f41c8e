import type { Problem } from '../errors.ts'
import type { Inputs } from '../inputs/inputs.ts'
import type { InputName } from '../inputs/raw.ts'
import type { Plan } from './plan.ts'

/**
 * Where a push by digest goes.
 *
 * @param given what is wrong with the inputs by themselves: it is not told twice
 * @param problems what is found wrong with asking for one is added here
 */
export function chosenRepository(
  inputs: Inputs,
  given: readonly Problem[],
  problems: Problem[],
): Pick<Plan, 'pushByDigest'> {
  const { pushByDigest, repository, tags } = inputs
  const refuse = (name: InputName, text: string) => problems.push({ where: `input ${name}`, text })
  const isRefused = (name: InputName) => given.some(({ where }) => where === `input ${name}`)
  if (!pushByDigest) {
    if (repository !== undefined && !isRefused('push-by-digest')) {
      refuse('repository', 'is for a push by digest: set push-by-digest to true, or leave it out and set tags and push')
    }
    return {}
  }
  if (tags.length > 0) {
    refuse('push-by-digest', 'moves no tag, and tags are given: leave tags to the merge, or set push instead')
  }
  if (repository !== undefined) return { pushByDigest: repository }
  if (!isRefused('repository')) refuse('repository', 'missing while push-by-digest is set: write REGISTRY/NAME')
  return {}
}
