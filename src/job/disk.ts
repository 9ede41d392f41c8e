import { mkdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { qcow2Content, rawContent } from '../disk/content.ts'
import { convertDisk, isConverted, refusedOptions } from '../disk/convert.ts'
import { diskFormat } from '../disk/format.ts'
import type { DiskInfo } from '../disk/inspect.ts'
import { DescriptionError } from '../errors.ts'
import { descriptionSpaceNeed, diskSpaceNeed, freeBytes, spaceProblem, type WrittenParts } from '../host/space.ts'
import type { Extent } from '../oci/layer/extent.ts'
import { checkUnchanged, type FileState } from '../oci/layer/filestate.ts'
import { conversionOptions } from '../plan/diskoptions.ts'
import { diskStem, plannedDiskPath } from '../plan/diskpath.ts'
import type { DescriptionSource, Plan } from '../plan/plan.ts'
import { typePlace } from '../plan/typeplace.ts'
import type { Job } from './job.ts'
import type { BuiltDisk } from './result.ts'

/** A disk before it is converted. */
export interface SourceDisk extends DiskInfo {
  readonly file: string
}

/**
 * Asks qemu-img about the description's options for the format.
 *
 * @throws DescriptionError with its answer
 */
export async function checkFormatOptions(plan: Plan, job: Job): Promise<void> {
  const { source, format, platform } = plan
  const options = conversionOptions(source, format, platform)
  if (source.kind !== 'description' || options.qemu.length === 0) return
  const refusal = await refusedOptions(format, options, job.workFolder, job.signal)
  if (refusal === undefined) return
  const text = `formatoptions for ${format}: qemu-img says "${refusal}": write ones that this qemu-img knows`
  throw new DescriptionError([{ ...typePlace(source.selected), text }])
}

/** @throws HostError when the build of the description, the disk and its layer have no room in the work folder */
export async function checkDescriptionSpace(plan: Plan, { selected }: DescriptionSource, job: Job): Promise<void> {
  // One that is additive only adds to what the files need.
  const sizeMegabytes = selected.size?.additive ? undefined : selected.size?.megabytes
  await checkSpace(descriptionSpaceNeed(writtenParts(plan, 'raw'), sizeMegabytes), job)
}

/** @throws HostError when the disk, converted, and its layer have no room in the work folder */
export async function checkDiskSpace(plan: Plan, disk: DiskInfo, job: Job): Promise<void> {
  const { whole } = diskFormat(plan.format)
  const facts = { contentBytes: disk.sizeBytes, ...(whole ? { lengthBytes: disk.virtualSizeBytes } : {}) }
  await checkSpace(diskSpaceNeed({ ...facts, ...writtenParts(plan, disk.format) }), job)
}

function writtenParts(plan: Plan, from: string): WrittenParts {
  return {
    converted: makesFile(plan, from),
    compressed: plan.compression.algorithm !== 'none',
    packed: diskFormat(plan.format).packed === true,
    rawCopy: plan.format === 'gce' && from !== 'raw',
  }
}

async function checkSpace(needBytes: number, job: Job): Promise<void> {
  const problem = spaceProblem(needBytes, await freeBytes(job.workFolder), job.workFolder)
  if (problem) throw problem
}

/**
 * Whether the layer is written from the raw disk itself, without a file of the format in between. Where the layer is not
 * compressed the clusters of a qcow2 are, by qemu-img.
 */
function isStreamed({ source, format, platform, compression }: Plan, from: string): boolean {
  if (from !== 'raw') return false
  if (format === 'raw') return true
  const { qemu } = conversionOptions(source, format, platform)
  return format === 'qcow2' && compression.algorithm !== 'none' && qemu.length === 0
}

/** Whether a file of the plan's format is written, and not the disk itself or its content read. */
function makesFile(plan: Plan, from: string): boolean {
  const { source, format, platform } = plan
  return isConverted(from, format, conversionOptions(source, format, platform)) && !isStreamed(plan, from)
}

/** The disk that goes into the image. */
export interface ImageDisk extends BuiltDisk {
  /** What the file in the image holds, where that is not what the disk's file holds. */
  readonly content?: readonly Extent[]
  /** Of the file, where it is the one that the job began with: what it was then. */
  readonly state?: FileState
}

/**
 * Makes the disk that goes into the image, from one that stays as it is.
 *
 * @throws HostError without space, and when the disk changes meanwhile; what `convertDisk` throws
 */
export async function convertSource(plan: Plan, raw: SourceDisk, job: Job): Promise<ImageDisk> {
  const { format } = plan
  const path = plannedDiskPath(plan)
  // Of a description it is known only now how much is in its disk.
  await checkDiskSpace(plan, raw, job)
  const made = isStreamed(plan, raw.format)
    ? await phase(job, 'Scan', 'Look through the disk for its content', () => streamedDisk(plan, raw, job.signal))
    : makesFile(plan, raw.format)
      ? await phase(job, 'Convert', `Convert the disk to ${format}`, () => convertedDisk(plan, raw, path, job))
      : { file: raw.file, virtualSizeBytes: raw.virtualSizeBytes, sizeBytes: Number(raw.state.size) }
  await checkUnchanged(raw.file, raw.state)
  if (made.virtualSizeBytes > raw.virtualSizeBytes) {
    job.report.info(`The disk grew from ${raw.virtualSizeBytes} to ${made.virtualSizeBytes} bytes, as ${format} has it`)
  }
  // A layer that is not compressed is as long as the file, whose holes are known only now.
  if (plan.compression.algorithm === 'none') await checkSpace(made.sizeBytes, job)
  return { path, format, ...made, ...(made.file === raw.file ? { state: raw.state } : {}) }
}

async function phase<T>(job: Job, name: string, title: string, work: () => Promise<T>): Promise<T> {
  job.report.group(title)
  const done = await job.stopwatch.time(name, work)
  job.report.endGroup()
  return done
}

type Made = Omit<ImageDisk, 'path' | 'format'>

async function streamedDisk({ format }: Plan, raw: SourceDisk, signal: AbortSignal): Promise<Made> {
  const { file, virtualSizeBytes } = raw
  const made = await (format === 'raw' ? rawContent : qcow2Content)(file, virtualSizeBytes, signal)
  return { file, virtualSizeBytes, sizeBytes: made.sizeBytes, content: made.extents }
}

async function convertedDisk(plan: Plan, raw: SourceDisk, path: string, job: Job): Promise<Made> {
  const { source, format } = plan
  const folder = join(job.workFolder, 'disk')
  await mkdir(folder, { recursive: true })
  const epochSeconds = plan.sourceDateEpoch ?? imageTime(raw.state)
  const converted = await convertDisk({
    source: raw.file,
    from: raw.format,
    virtualSizeBytes: raw.virtualSizeBytes,
    to: format,
    target: join(folder, basename(path)),
    // What the layer compresses would only get larger by being compressed before.
    compressed: plan.compression.algorithm === 'none',
    options: conversionOptions(source, format, plan.platform),
    title: source.kind === 'description' ? source.name : diskStem(source),
    epochSeconds,
    signal: job.signal,
  })
  return { ...converted, sizeBytes: (await stat(converted.file)).size }
}

/** The time of an image whose user gives none, in seconds since 1970: that of its disk. */
export function imageTime({ mtimeNs }: FileState): number {
  return Math.max(0, Number(mtimeNs / 1_000_000_000n))
}
