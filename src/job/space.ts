import { resolve } from 'node:path'
import { type DiskFormat, diskFormat } from '../disk/format.ts'
import type { DiskInfo } from '../disk/inspect.ts'
import { HostError } from '../errors.ts'
import { descriptionSpaceNeed, diskSpaceNeed, freeBytes, spaceProblem, type WrittenDisk } from '../host/space.ts'
import { kiwiPathProblem } from '../kiwi/place.ts'
import { childCompression, type PlannedChild, type PlannedDisk, plannedDisks } from '../plan/children.ts'
import type { Plan } from '../plan/plan.ts'
import { makesFile, type ReadyDisk } from './disk.ts'
import type { Job } from './job.ts'

/**
 * What can be told of the place of a build before anything is there: all of it.
 *
 * @param folder where its work folder is to be made; may be missing still
 */
export async function buildLacks(plan: Plan, folder: string): Promise<readonly HostError[]> {
  if (plan.source.kind !== 'description') return []
  const unfit = kiwiPathProblem(resolve(folder))
  const { size } = plan.source.selected
  // One that is additive only adds to what the files need.
  const needBytes = descriptionSpaceNeed(writtenDisks(plan, 'raw'), size?.additive ? undefined : size?.megabytes)
  const space = spaceProblem(needBytes, await freeBytes(folder), folder)
  return [
    ...(unfit === undefined ? [] : [new HostError('host-folder', 'the folder to build in is of no use', unfit)]),
    ...(space === undefined ? [] : [space]),
  ]
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
