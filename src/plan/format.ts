import { type DiskFormat, isDiskFormat } from '../disk/format.ts'
import type { Problem } from '../errors.ts'
import type { Inputs } from '../inputs/inputs.ts'
import type { DiskType, Kind } from '../oci/kind.ts'
import { chosenKinds } from './kinds.ts'
import type { DescriptionSource, DiskSource, Plan } from './plan.ts'
import { typePlace } from './typeplace.ts'

type Chosen = Pick<Plan, 'format' | 'formatSource'>

/**
 * What a kind can hold; of the others any format. KubeVirt: pkg/os/disk/validation.go. podman machine 4: pkg/machine/pull.go,
 * for QEMU and for Apple's hypervisor.
 */
const CARRIED: Partial<Readonly<Record<Kind, readonly DiskFormat[]>>> = {
  kubevirt: ['qcow2', 'raw'],
  'podman-machine-4': ['qcow2', 'raw'],
}

/** What each kind of machine starts from: podman pkg/machine/define/image_format.go. */
const DISK_TYPE_FORMATS: Readonly<Record<DiskType, DiskFormat>> = { qemu: 'qcow2', applehv: 'raw', hyperv: 'vhdx' }

/** The format of the disk that a kind of machine takes. */
export function diskTypeFormat(diskType: DiskType): DiskFormat {
  return DISK_TYPE_FORMATS[diskType]
}

/**
 * The format of the disk in the first child: of the input, else of the description, else qcow2. The disks of podman
 * machine have the formats of their disk types, whatever either says.
 */
export function chosenFormat(inputs: Inputs, source: DescriptionSource | DiskSource): Chosen {
  const [diskType] = isMachineAlone(inputs) ? chosenKinds(inputs).diskTypes : []
  if (diskType !== undefined) return { format: diskTypeFormat(diskType), formatSource: `disktype ${diskType}` }
  if (inputs.format !== undefined) return { format: inputs.format, formatSource: 'input format' }
  const selected = source.kind === 'description' ? source.selected : undefined
  if (selected?.diskFormat !== undefined && isDiskFormat(selected.diskFormat)) {
    return { format: selected.diskFormat, formatSource: `format of ${typePlace(selected).where}` }
  }
  return { format: 'qcow2', formatSource: 'default' }
}

/** Why the kinds cannot have the format, at the input or at the line of the description that says it. */
export function formatProblems(inputs: Inputs, source: DescriptionSource | DiskSource): readonly Problem[] {
  if (isMachineAlone(inputs)) return machineProblems(inputs)
  const { format } = chosenFormat(inputs, source)
  return inputs.kinds.flatMap((kind) => {
    const carried = CARRIED[kind]
    if (carried === undefined || carried.includes(format)) return []
    const why = `${kind} takes a disk in ${carried.join(' or ')}, and ${format} is neither`
    if (inputs.format !== undefined || source.kind === 'disk') {
      return [{ where: 'input format', text: `${why}: write one of the two` }]
    }
    const text = `format="${source.selected.format}": ${why}: write one of the two, or set the input format`
    return [{ ...typePlace(source.selected), text }]
  })
}

function isMachineAlone({ kinds }: Inputs): boolean {
  return kinds.length === 1 && kinds.includes('podman-machine')
}

function machineProblems(inputs: Inputs): readonly Problem[] {
  const { format } = inputs
  const formats = chosenKinds(inputs).diskTypes.map((type) => ({ type, format: diskTypeFormat(type) }))
  if (format === undefined || formats.some((each) => each.format === format)) return []
  const made = formats.map((each) => `${each.format} for ${each.type}`).join(', ')
  return [
    {
      where: 'input format',
      text: `podman-machine makes ${made}, and no ${format}: leave it out, and choose by disktype`,
    },
  ]
}
