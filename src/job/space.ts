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
  await checkSpace(descriptionSpaceNeed(writtenDisks(plan, 'raw'), sizeMegabytes), job)
}

/**
 * @param made how many of the plan's disks are there already, with their blobs
 * @throws HostError when the disks and their blobs have no room in the work folder
 */
export async function checkDiskSpace(plan: Plan, from: DiskInfo, job: Job, made = 0): Promise<void> {
  const { sizeBytes: contentBytes, virtualSizeBytes: lengthBytes } = from
  const yetToMake = writtenDisks(plan, from.format).slice(made)
  await checkSpace(diskSpaceNeed({ contentBytes, lengthBytes }, yetToMake), job)
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

/** All disks of the plan; the first one's file is an output of the job. */
function writtenDisks(plan: Plan, from: string): readonly WrittenDisk[] {
  return plannedDisks(plan).map((disk, at) => ({ ...writtenDisk(plan, disk, from), stays: at === 0 }))
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
