import type { Problem } from '../errors.ts'
import type { Inputs } from '../inputs/inputs.ts'
import { mergedChanges } from '../oci/container/containerconfig.ts'
import { containerNames } from '../oci/container/containername.ts'
import { containerDiskChanges, containerDiskProblems } from './containerdisk.ts'
import type { DescriptionSource, DiskSource, Plan } from './plan.ts'

/**
 * What the container is and what it is called: of `<containerconfig>`, and over it, key by key, of the input.
 *
 * @param base of the plan
 * @param problems what is found wrong is added here
 */
export function chosenContainer(
  inputs: Inputs,
  source: DescriptionSource | DiskSource | undefined,
  base: string,
  problems: Problem[],
): Pick<Plan, 'config' | 'names'> {
  const { containerconfig, naming } = inputs
  const selected = source?.kind === 'description' ? source.selected : undefined
  const names = containerNames({ ...selected?.naming, ...naming })
  const unused = naming.tag ? 'tag' : naming.additionalNames ? 'additionalnames' : undefined
  if (unused !== undefined && names.length === 0 && source !== undefined) {
    problems.push({
      where: 'input containerconfig',
      text: `${unused}: belongs to a name, and there is none: write name`,
    })
  }
  const config = mergedChanges(selected?.containerConfig ?? {}, containerconfig)
  problems.push(...containerDiskProblems(config, inputs, source))
  return { config: containerDiskChanges(config, inputs, base), names }
}
