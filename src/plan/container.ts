import type { Problem } from '../errors.ts'
import type { Inputs } from '../inputs/inputs.ts'
import { mergedChanges } from '../oci/container/containerconfig.ts'
import { containerNames } from '../oci/container/containername.ts'
import type { DescriptionSource, DiskSource, Plan } from './plan.ts'

/**
 * What the container is and what it is called: of `<containerconfig>`, and over it, key by key, of the input.
 *
 * @param problems what is found wrong is added here
 */
export function chosenContainer(
  { containerconfig, naming }: Inputs,
  source: DescriptionSource | DiskSource | undefined,
  problems: Problem[],
): Pick<Plan, 'config' | 'names'> {
  const selected = source?.kind === 'description' ? source.selected : undefined
  const names = containerNames({ ...selected?.naming, ...naming })
  const unused = naming.tag ? 'tag' : naming.additionalNames ? 'additionalnames' : undefined
  if (unused !== undefined && names.length === 0 && source !== undefined) {
    problems.push({
      where: 'input containerconfig',
      text: `${unused}: belongs to a name, and there is none: write name`,
    })
  }
  return { config: mergedChanges(selected?.containerConfig ?? {}, containerconfig), names }
}
