import { basename } from 'node:path'
import type { Problem } from '../errors.ts'
import type { Inputs } from '../inputs/inputs.ts'
import { type FoundBase, findBase } from '../registry/base/basefile.ts'
import { parseBase, parseDerivedFrom } from '../registry/base/basename.ts'
import type { NameProblem } from '../registry/transport.ts'
import { hasTree } from './kinds.ts'
import type { DescriptionSource, DiskSource, Plan } from './plan.ts'

/**
 * The base of the input, else of the description, else none; none for kinds without a tree of files. What of it is on this
 * machine is looked at: a file that is missing or no container is a problem now.
 *
 * @param problems gets what is wrong, at the input or at the line of `derived_from`
 */
export async function chosenBase(
  inputs: Inputs,
  source: DescriptionSource | DiskSource | undefined,
  problems: Problem[],
): Promise<Pick<Plan, 'base' | 'baseSource' | 'basePacking'>> {
  if (!hasTree(inputs.kinds)) return { base: 'scratch', baseSource: `kind ${inputs.kinds.join(', ')}` }
  if (inputs.baseImage !== undefined) {
    const base = inputs.baseImage
    const found = await lookedAt(base, parseBase(base))
    if ('problem' in found) problems.push({ where: 'input base-image', text: found.problem })
    return { base, baseSource: 'input base-image', ...packing(found) }
  }
  const selected = source?.kind === 'description' ? source.selected : undefined
  if (selected?.derivedFrom === undefined) return { base: 'scratch', baseSource: 'default' }
  const { derivedFrom, file, derivedFromLine: line = selected.line } = selected
  const where = `${basename(file)}:${line}`
  const found = await lookedAt(derivedFrom, parseDerivedFrom(derivedFrom))
  if ('problem' in found) problems.push({ where, text: found.problem, file, line })
  return { base: derivedFrom, baseSource: `derived_from of ${where}`, ...packing(found) }
}

type LookedAt = FoundBase | NameProblem | { readonly name: 'scratch' }

async function lookedAt(text: string, name: ReturnType<typeof parseBase>): Promise<LookedAt> {
  if (name === 'scratch') return { name }
  return 'problem' in name ? name : await findBase(name, text)
}

function packing(found: LookedAt): Pick<Plan, 'basePacking'> {
  return 'packing' in found ? { basePacking: found.packing } : {}
}
