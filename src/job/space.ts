import { type DiskFormat, diskFormat } from '../disk/format.ts'
import type { DiskInfo } from '../disk/inspect.ts'
import { descriptionSpaceNeed, diskSpaceNeed, freeBytes, spaceProblem, type WrittenDisk } from '../host/space.ts'
import { childCompression, type PlannedChild, type PlannedDisk, plannedDisks } from '../plan/children.ts'
import type { DescriptionSource, Plan } from '../plan/plan.ts'
import { makesFile, type ReadyDisk } from './disk.ts'
import type { Job } from './job.ts'

/** @throws HostError when the build of the description, its disks and their blobs have no room in the work folder */
export async function checkDescriptionSpace(plan: Plan, { selected }: DescriptionSource, job: Job): Promise<void> {
  // One that is additive only adds to what the files need.
  const sizeMegabytes = selected.size?.additive ? undefined : selected.size?.megabytes
  const disks = plannedDisks(plan).map((disk) => writtenDisk(plan, disk, 'raw'))
  await checkSpace(descriptionSpaceNeed(disks, sizeMegabytes), job)
}

/**
 * @param disks those that are yet to be made; all where left out
 * @throws HostError when the disks and their blobs have no room in the work folder
 */
export async function checkDiskSpace(
  plan: Plan,
  from: DiskInfo,
  job: Job,
  disks: readonly PlannedDisk[] = plannedDisks(plan),
): Promise<void> {
  const { sizeBytes: contentBytes, virtualSizeBytes: lengthBytes } = from
  const written = disks.map((disk) => writtenDisk(plan, disk, from.format))
  await checkSpace(diskSpaceNeed({ contentBytes, lengthBytes }, written), job)
}

/**
 * Asks again where a blob will be as long as the disk's file, whose holes are known only now.
 *
 * @throws HostError when they have no room
 */
export async function checkBlobSpace(plan: Plan, disk: PlannedDisk, ready: ReadyDisk, job: Job): Promise<void> {
  const plain = disk.children.filter((child) => !isPacked(plan, child))
  if (plain.length > 0) await checkSpace(plain.length * ready.sizeBytes, job)
}

function writtenDisk(plan: Plan, disk: PlannedDisk, from: string): WrittenDisk {
  const format: DiskFormat = disk.format
  const { packed = false, whole = false } = diskFormat(format)
  return {
    converted: makesFile(plan, disk, from),
    packed,
    whole,
    rawCopy: format === 'gce' && from !== 'raw',
    blobs: disk.children.map((child) => ({
      compressed: isPacked(plan, child),
      framed: child.kind === 'podman-machine-4',
    })),
  }
}

function isPacked(plan: Plan, child: PlannedChild): boolean {
  return childCompression(plan, child).algorithm !== 'none'
}

async function checkSpace(needBytes: number, job: Job): Promise<void> {
  const problem = spaceProblem(needBytes, await freeBytes(job.workFolder), job.workFolder)
  if (problem) throw problem
}
