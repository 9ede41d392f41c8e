import type { Problem } from '../errors.ts'
import type { Inputs } from '../inputs/inputs.ts'
import type { InputName } from '../inputs/raw.ts'
import { isArtifactKind, type Kind, machineArchitecture } from '../oci/kind.ts'
import { platformText } from '../oci/platform.ts'
import type { Plan } from './plan.ts'

/** What is made of the disk, with the disk type that podman on Linux takes where none is named. */
export function chosenKinds({ kinds, diskTypes }: Inputs): Pick<Plan, 'kinds' | 'diskTypes'> {
  if (!kinds.includes('podman-machine')) return { kinds, diskTypes: [] }
  return { kinds, diskTypes: diskTypes.length === 0 ? ['qemu'] : diskTypes }
}

/** Whether the disk goes into a tree of files, in which a base and a path have a meaning. */
export function hasTree(kinds: readonly Kind[]): boolean {
  return kinds.includes('container') || kinds.includes('kubevirt')
}

/** Whether an image is among what is made, with the config and the labels of a container, and not artifacts alone. */
export function hasImage(kinds: readonly Kind[]): boolean {
  return kinds.some((kind) => !isArtifactKind(kind))
}

/**
 * What of the inputs cannot be together, one sentence each.
 *
 * @param given what is wrong with the inputs by themselves: what follows from a wrong kind is no second mistake
 */
export function kindProblems(inputs: Inputs, given: readonly Problem[]): readonly Problem[] {
  if (given.some(({ where }) => where === 'input kind')) return []
  const { kinds } = inputs
  return [
    ...companyProblems(kinds),
    ...platformProblems(inputs),
    ...lonelyProblems(inputs),
    ...(kinds.includes('kubevirt') ? kubevirtProblems(inputs) : []),
    ...(hasTree(kinds) ? [] : treeProblems(inputs)),
  ]
}

/** c/image internal/manifest/oci_index.go: of two entries for one platform it takes the one that is compressed by zstd. */
function companyProblems(kinds: readonly Kind[]): readonly Problem[] {
  const where = 'input kind'
  const elsewhere = 'give it a tag of its own, by another step with the output disk as its input disk'
  const image = kinds.find((kind) => kind === 'container' || kind === 'kubevirt')
  const other = kinds.find((kind) => kind !== 'podman-machine-4')
  if (kinds.includes('podman-machine-4') && other !== undefined) {
    const text = `podman-machine-4 beside ${other}: podman 4 reads one image with one layer and no index: make it alone, by another step with the output disk as its input disk`
    return [{ where, text }]
  }
  if (!kinds.includes('artifact') || image === undefined) return []
  const text = `artifact beside ${image}: both would be entries for the same platform, and podman, skopeo and CDI take either of them: ${elsewhere}`
  return [{ where, text }]
}

function platformProblems({ kinds, platform }: Inputs): readonly Problem[] {
  if (!kinds.includes('podman-machine') || machineArchitecture(platform) !== undefined) return []
  const text = `podman-machine is for linux/amd64 and linux/arm64, and the platform is ${platformText(platform)}: leave it out, or set platform`
  return [{ where: 'input kind', text }]
}

/** Inputs of a kind that is not there. */
function lonelyProblems({ kinds, diskTypes, instancetype, preference }: Inputs): readonly Problem[] {
  const of = (name: InputName, kind: Kind, isGiven: boolean): readonly Problem[] =>
    isGiven && !kinds.includes(kind)
      ? [{ where: `input ${name}`, text: `belongs to ${kind}: add ${kind} to kind, or leave it out` }]
      : []
  return [
    ...of('disktype', 'podman-machine', diskTypes.length > 0),
    ...of('instancetype', 'kubevirt', instancetype !== undefined),
    ...of('preference', 'kubevirt', preference !== undefined),
  ]
}

/** kubevirt pkg/container-disk/container-disk.go; CDI issue 4277, which is in every release up to August 2026. */
function kubevirtProblems({ compression, diskPath }: Inputs): readonly Problem[] {
  const problems: Problem[] = []
  if (compression.algorithm === 'zstd') {
    const text =
      'CDI fails on layers of zstd (kubevirt/containerized-data-importer issue 4277): write gzip or none with kubevirt'
    problems.push({ where: 'input compression', text })
  }
  if (diskPath !== undefined && !/^\/disk\/[^/]+$/.test(diskPath)) {
    const text = `kubevirt looks for one file in /disk, and ${diskPath} is not there: write /disk/NAME, or leave it out`
    problems.push({ where: 'input disk-path', text })
  }
  return problems
}

/** Inputs that say something of a tree of files, where there is none. */
function treeProblems({ kinds, diskPath, baseImage, containerconfig }: Inputs): readonly Problem[] {
  const names = kinds.join(' and ')
  const isAlone = kinds.includes('artifact') || kinds.includes('podman-machine-4')
  const added = isAlone ? '' : ', or add container to kind'
  const of = (name: InputName, what: string): Problem => ({
    where: `input ${name}`,
    text: `only an image of kind container or kubevirt has ${what}, and kind is ${names}: leave it out${added}`,
  })
  const [key] = hasImage(kinds) ? [] : Object.keys(containerconfig)
  return [
    ...(diskPath === undefined ? [] : [of('disk-path', 'paths')]),
    ...(baseImage === undefined || baseImage === 'scratch' ? [] : [of('base-image', 'a base')]),
    ...(key === undefined ? [] : [of('containerconfig', key)]),
  ]
}
