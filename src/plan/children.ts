import { basename } from 'node:path'
import { type DiskFormat, diskFormat } from '../disk/format.ts'
import { type DiskType, type Kind, machineArchitecture } from '../oci/kind.ts'
import type { Compression } from '../oci/packing/compression.ts'
import { diskStem, machineStem, plannedDiskPath } from './diskpath.ts'
import { diskTypeFormat } from './format.ts'
import { hasTree } from './kinds.ts'
import type { Plan } from './plan.ts'

/** One manifest that a job writes: an image or an artifact, each of one disk. */
export interface PlannedChild {
  /** Of a child that is both a container and a containerDisk: `container`. */
  readonly kind: Kind
  /** What the disk is for, of the kind `podman-machine`. */
  readonly diskType?: DiskType
  readonly format: DiskFormat
  /** Whether the clusters of a qcow2 are compressed by qemu-img, since nothing else compresses them. */
  readonly packsClusters: boolean
  /** In an image the absolute path of the disk, of an artifact its title, which is the name of a file. */
  readonly path: string
}

/** A disk as a file or as what of the source makes one, with every child that holds it. */
export interface PlannedDisk extends Pick<PlannedChild, 'format' | 'packsClusters'> {
  /** What the file is called, where one is written: formats that hold a name hold this one. */
  readonly fileName: string
  /** In the order of `plannedChildren`; never empty. */
  readonly children: readonly PlannedChild[]
}

/** What the children come from. */
export type Described = Pick<
  Plan,
  'source' | 'kinds' | 'diskTypes' | 'format' | 'diskPath' | 'platform' | 'compression'
>

/** What a job of the plan writes, in the order of the index: the image first. More than one child makes an index. */
export function plannedChildren(plan: Described): readonly PlannedChild[] {
  return [...imageChildren(plan), ...artifactChildren(plan), ...machineChildren(plan), ...earlierMachine(plan)]
}

/** Whether the result is an index, and no single manifest. */
export function isIndex({ kinds }: Pick<Plan, 'kinds'>): boolean {
  return kinds.includes('podman-machine')
}

/** How the blob of a child is compressed; podman machine takes its disks packed by zstd, an artifact is the disk itself. */
export function childCompression(
  { compression }: Pick<Plan, 'compression'>,
  { kind }: Pick<PlannedChild, 'kind'>,
): Compression {
  if (kind === 'artifact') return { algorithm: 'none' }
  if (hasTree([kind]) || compression.algorithm === 'zstd') return compression
  return { algorithm: 'zstd' }
}

/** Each disk that the children need, once, in the order in which they need it. */
export function plannedDisks(plan: Described): readonly PlannedDisk[] {
  const disks = new Map<string, PlannedDisk>()
  for (const child of plannedChildren(plan)) {
    const { format, packsClusters } = child
    const key = JSON.stringify([format, packsClusters])
    const fileName = hasTree([child.kind]) ? basename(child.path) : nameWithEnding(plan, format)
    const { children = [], ...disk } = disks.get(key) ?? { format, packsClusters, fileName }
    disks.set(key, { ...disk, children: [...children, child] })
  }
  return [...disks.values()]
}

function imageChildren(plan: Described): readonly PlannedChild[] {
  const { kinds, format, compression } = plan
  const kind = (['container', 'kubevirt'] as const).find((each) => kinds.includes(each))
  if (kind === undefined) return []
  const packsClusters = format === 'qcow2' && compression.algorithm === 'none'
  return [{ kind, format, packsClusters, path: plannedDiskPath(plan) }]
}

function artifactChildren(plan: Described): readonly PlannedChild[] {
  const { kinds, format } = plan
  if (!kinds.includes('artifact')) return []
  return [{ kind: 'artifact', format, packsClusters: format === 'qcow2', path: nameWithEnding(plan, format) }]
}

/** podman pkg/machine/ocipull/ociartifact.go takes the last two endings of the title, the format and the compression. */
function machineChildren(plan: Described): readonly PlannedChild[] {
  const architecture = machineArchitecture(plan.platform)
  return plan.diskTypes.map((diskType) => {
    const format = diskTypeFormat(diskType)
    const path = `${machineStem(plan.source)}.${architecture}.${diskType}.${diskFormat(format).extension}.zst`
    return { kind: 'podman-machine', diskType, format, packsClusters: false, path }
  })
}

/** podman 4.9 pkg/machine/ocidir.go names the disk by the file of the tar without its last ending. */
function earlierMachine(plan: Described): readonly PlannedChild[] {
  const { kinds, format } = plan
  if (!kinds.includes('podman-machine-4')) return []
  return [{ kind: 'podman-machine-4', format, packsClusters: false, path: `/${nameWithEnding(plan, format)}.zst` }]
}

function nameWithEnding(plan: Described, format: DiskFormat): string {
  return `${diskStem(plan.source)}.${diskFormat(format).extension}`
}
