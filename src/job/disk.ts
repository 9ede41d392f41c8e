import { mkdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { qcow2Content, rawContent } from '../disk/content.ts'
import { convertDisk, isConverted, refusedOptions } from '../disk/convert.ts'
import { diskFormat } from '../disk/format.ts'
import type { DiskInfo } from '../disk/inspect.ts'
import { DescriptionError } from '../errors.ts'
import { diskSpaceNeed, freeBytes, spaceProblem } from '../host/space.ts'
import type { Extent } from '../oci/extent.ts'
import { checkUnchanged, type FileState } from '../oci/filestate.ts'
import { conversionOptions } from '../plan/diskoptions.ts'
import type { Plan } from '../plan/plan.ts'
import { typePlace } from '../plan/typeplace.ts'
import type { Job } from './job.ts'
import type { BuiltDisk } from './result.ts'

/** A disk before it is converted. */
export interface SourceDisk extends DiskInfo {
  readonly file: string
  /** Its name in the image, without the format. */
  readonly name: string
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

/** @throws HostError when the disk, converted, and its layer have no room in the work folder */
export async function checkDiskSpace(plan: Plan, disk: DiskInfo, job: Job): Promise<void> {
  const { packed, whole } = diskFormat(plan.format)
  const options = conversionOptions(plan.source, plan.format, plan.platform)
  await checkSpace(
    diskSpaceNeed({
      contentBytes: disk.sizeBytes,
      converted: isConverted(disk.format, plan.format, options) && !isStreamed(plan, disk),
      compressed: plan.compression.algorithm !== 'none',
      packed: packed === true,
      rawCopy: plan.format === 'gce' && disk.format !== 'raw',
      ...(whole ? { lengthBytes: disk.virtualSizeBytes } : {}),
    }),
    job,
  )
}

export async function checkSpace(needBytes: number, job: Job): Promise<void> {
  const problem = spaceProblem(needBytes, await freeBytes(job.workFolder), job.workFolder)
  if (problem) throw problem
}

/**
 * Whether the layer is written from the raw disk itself, without a file of the format in between. Where the layer is not
 * compressed the clusters of a qcow2 are, by qemu-img.
 */
function isStreamed({ source, format, platform, compression }: Plan, disk: DiskInfo): boolean {
  if (disk.format !== 'raw') return false
  if (format === 'raw') return true
  const { qemu } = conversionOptions(source, format, platform)
  return format === 'qcow2' && compression.algorithm !== 'none' && qemu.length === 0
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
  const path = plan.diskPath ?? `/disk/${stem(plan, raw)}.${diskFormat(format).extension}`
  // Of a description it is known only now how much is in its disk.
  await checkDiskSpace(plan, raw, job)
  job.report.group(`Convert the disk to ${format}`)
  const made = await job.stopwatch.time('Convert', () =>
    isStreamed(plan, raw) ? streamedDisk(plan, raw, job.signal) : convertedDisk(plan, raw, basename(path), job),
  )
  job.report.endGroup()
  await checkUnchanged(raw.file, raw.state)
  // A layer that is not compressed is as long as the file, whose holes are known only now.
  if (plan.compression.algorithm === 'none') await checkSpace(made.sizeBytes, job)
  return { path, format, ...made, ...(made.file === raw.file ? { state: raw.state } : {}) }
}

type Made = Omit<ImageDisk, 'path' | 'format'>

async function streamedDisk({ format }: Plan, raw: SourceDisk, signal: AbortSignal): Promise<Made> {
  const { file, virtualSizeBytes } = raw
  const made = await (format === 'raw' ? rawContent : qcow2Content)(file, virtualSizeBytes, signal)
  return { file, virtualSizeBytes, sizeBytes: made.sizeBytes, content: made.extents }
}

async function convertedDisk(plan: Plan, raw: SourceDisk, name: string, job: Job): Promise<Made> {
  const { source, format } = plan
  const folder = join(job.workFolder, 'disk')
  await mkdir(folder, { recursive: true })
  const epochSeconds = plan.sourceDateEpoch ?? imageTime(raw.state)
  const converted = await convertDisk({
    source: raw.file,
    from: raw.format,
    virtualSizeBytes: raw.virtualSizeBytes,
    to: format,
    target: join(folder, name),
    // What the layer compresses would only get larger by being compressed before.
    compressed: plan.compression.algorithm === 'none',
    options: conversionOptions(source, format, plan.platform),
    title: source.kind === 'description' ? source.name : raw.name,
    epochSeconds,
    signal: job.signal,
  })
  return { ...converted, sizeBytes: (await stat(converted.file)).size }
}

/** The time of an image whose user gives none, in seconds since 1970: that of its disk. */
export function imageTime({ mtimeNs }: FileState): number {
  return Math.max(0, Number(mtimeNs / 1_000_000_000n))
}

/** What the disk is called in the image, without its ending. */
function stem({ source }: Plan, raw: SourceDisk): string {
  return (source.kind === 'description' ? source.diskName : undefined) ?? raw.name
}
