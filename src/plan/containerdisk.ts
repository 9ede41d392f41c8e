import type { Problem } from '../errors.ts'
import type { Inputs } from '../inputs/inputs.ts'
import type { ConfigChanges, RuntimeConfig } from '../oci/container/config.ts'
import { type Manifest, mediaTypes } from '../oci/manifest.ts'
import type { DescriptionSource, DiskSource, Plan } from './plan.ts'
import { typePlace } from './typeplace.ts'

/** Labels of a system that boots from a container, of which CDI makes no disk; its pkg/importer/transport.go. */
const BOOT_LABELS = ['containers.bootc', 'ostree.bootable']
/** What CDI and KubeVirt read: kubevirt/containerdisks pkg/common/common.go. */
const VARIABLES = {
  instancetype: 'INSTANCETYPE_KUBEVIRT_IO_DEFAULT_INSTANCETYPE',
  preference: 'INSTANCETYPE_KUBEVIRT_IO_DEFAULT_PREFERENCE',
} as const
/** Says that nothing is to be started; kubevirt/containerdisks writes it, and crun-vm takes no other. */
const NO_ENTRYPOINT = ['no-entrypoint']

/** The changes with what a containerDisk has, where kubevirt is among the kinds. */
export function containerDiskChanges(changes: ConfigChanges, inputs: Inputs, base: string): ConfigChanges {
  if (!inputs.kinds.includes('kubevirt')) return changes
  const env = Object.fromEntries(variables(inputs).map(({ name, value }) => [name, value]))
  return {
    ...changes,
    ...(base === 'scratch' && changes.entrypoint === undefined ? { entrypoint: NO_ENTRYPOINT } : {}),
    ...(Object.keys(env).length === 0 ? {} : { env: { ...changes.env, ...env } }),
  }
}

/** What the inputs and the description say of the container that a containerDisk cannot have. */
export function containerDiskProblems(
  changes: ConfigChanges,
  inputs: Inputs,
  source: DescriptionSource | DiskSource | undefined,
): readonly Problem[] {
  if (!inputs.kinds.includes('kubevirt')) return []
  const [variable] = variables(inputs)
  const cleared = changes.env === null && variable !== undefined
  const text = 'is a variable of the environment, which containerconfig clears: leave out one of the two'
  const label = bootLabel({ ...changes.labels, ...inputs.labels })
  return [
    ...(cleared ? [{ where: `input ${variable.input}`, text }] : []),
    ...(label === undefined ? [] : [{ ...labelPlace(label, inputs, source), text: bootLabelText(label) }]),
  ]
}

/** Why the base of a plan can be none of a containerDisk, as the end of a sentence about it. */
export function baseLabelProblem(
  { kinds, config, labels }: Pick<Plan, 'kinds' | 'config' | 'labels'>,
  base: RuntimeConfig | undefined,
): string | undefined {
  if (!kinds.includes('kubevirt') || config.labels === null) return undefined
  const label = bootLabel({ ...base?.Labels, ...config.labels, ...labels })
  return label === undefined
    ? undefined
    : `has the label ${label}=1, of which CDI makes no disk: choose another base, or write labels: {${label}: null} in containerconfig`
}

/** Why the layers of a base can be none of a containerDisk, as the end of a sentence about it; CDI issue 4277. */
export function baseLayerProblem({ kinds }: Pick<Plan, 'kinds'>, manifest: Manifest | undefined): string | undefined {
  const zstd: readonly string[] = [mediaTypes.layerZstd, mediaTypes.dockerLayerZstd]
  if (!kinds.includes('kubevirt') || !manifest?.layers.some(({ mediaType }) => zstd.includes(mediaType)))
    return undefined
  return 'has layers of zstd, on which CDI fails (kubevirt/containerized-data-importer issue 4277): choose one of gzip, or leave out kubevirt'
}

function variables(inputs: Inputs) {
  return (['instancetype', 'preference'] as const).flatMap((input) => {
    const value = inputs[input]
    return value === undefined ? [] : [{ input, name: VARIABLES[input], value }]
  })
}

function bootLabel(labels: Readonly<Record<string, string | null>>): string | undefined {
  return BOOT_LABELS.find((label) => labels[label] === '1')
}

function bootLabelText(label: string): string {
  return `the label ${label}=1 is of a system that boots from its container, of which CDI makes no disk: leave it out with kubevirt`
}

function labelPlace(
  label: string,
  { labels, containerconfig }: Inputs,
  source: DescriptionSource | DiskSource | undefined,
): Omit<Problem, 'text'> {
  if (label in labels) return { where: 'input labels' }
  if (label in (containerconfig.labels ?? {}) || source?.kind !== 'description') {
    return { where: 'input containerconfig' }
  }
  const { file, line, containerLines } = source.selected
  return typePlace({ file, line: containerLines['labels'] ?? line })
}
