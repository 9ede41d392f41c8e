import type { Problem } from '../errors.ts'
import type { Inputs } from '../inputs/inputs.ts'
import type { InputName } from '../inputs/raw.ts'
import type { Kind } from '../oci/kind.ts'
import { holdsOneImage, parseDestination } from '../registry/transport.ts'
import { hasImage } from './kinds.ts'

/** Whether what is made is read from the folder of a layout and from nowhere else: podman 4.9 pkg/machine/ocidir.go. */
export function isLayoutOnly(kinds: readonly Kind[]): boolean {
  return kinds.length === 1 && kinds[0] === 'podman-machine-4'
}

/**
 * Which targets cannot have what is made, one sentence each. Kinds that cannot be together are told elsewhere.
 *
 * @param exports the destinations, of the input or of the description
 * @param described the place of the description that names the destinations, where no input does
 */
export function kindTargetProblems(
  inputs: Inputs,
  exports: readonly string[],
  described?: Omit<Problem, 'text'>,
): readonly Problem[] {
  const place = described ?? { where: 'input export' }
  const problemOf = isLayoutOnly(inputs.kinds) ? outsideLayout : hasImage(inputs.kinds) ? undefined : forContainers
  return [
    ...(isLayoutOnly(inputs.kinds) ? registryProblems(inputs) : []),
    ...exports.flatMap((text) => {
      const problem = problemOf?.(text, inputs.kinds)
      if (problem === undefined) return []
      return [{ ...place, text: described === undefined ? problem : `its format means ${problem}` }]
    }),
  ]
}

function registryProblems({ tags, push, pushByDigest }: Inputs): readonly Problem[] {
  const of = (name: InputName, isGiven: boolean): readonly Problem[] =>
    isGiven
      ? [
          {
            where: `input ${name}`,
            text: 'podman 4 takes its machine from no registry: leave it out, and export to oci:DIR',
          },
        ]
      : []
  return [...of('tags', tags.length > 0), ...of('push', push), ...of('push-by-digest', pushByDigest)]
}

function outsideLayout(text: string): string | undefined {
  const destination = parseDestination(text)
  if ('problem' in destination || destination.transport === 'oci') return undefined
  return `${text}, and podman 4 takes its machine from the folder of a layout: export to oci:DIR`
}

function forContainers(text: string, kinds: readonly Kind[]): string | undefined {
  const destination = parseDestination(text)
  if ('problem' in destination || !holdsOneImage(destination)) return undefined
  const added = kinds.includes('artifact') ? '' : ', or add container to kind'
  return `${text}, which is for a container, and there is none in ${kinds.join(' and ')}: export to oci:, oci-archive:, dir: or docker://${added}`
}
