import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { qcow2Content, rawContent } from '../disk/content.ts'
import { convertDisk, isConverted, refusedOptions } from '../disk/convert.ts'
import type { DiskFormat } from '../disk/format.ts'
import type { DiskInfo } from '../disk/inspect.ts'
import { DescriptionError } from '../errors.ts'
import type { DiskFile } from '../oci/layer/diskbytes.ts'
import { checkUnchanged, type FileState } from '../oci/layer/filestate.ts'
import { type PlannedDisk, plannedDisks } from '../plan/children.ts'
import { conversionOptions } from '../plan/diskoptions.ts'
import { diskStem } from '../plan/diskpath.ts'
import type { Plan } from '../plan/plan.ts'
import { typePlace } from '../plan/typeplace.ts'
import type { Job } from './job.ts'

/** A disk before it is converted. */
export interface SourceDisk extends DiskInfo {
  readonly file: string
}

/** A disk as the children hold it. */
export interface ReadyDisk {
  /** What is read: the file of the format, or the raw disk where that holds the content. */
  readonly file: DiskFile
  readonly format: DiskFormat
  readonly virtualSizeBytes: number
  /** Of the disk in `format`, as a file. */
  readonly sizeBytes: number
}

/**
 * Asks qemu-img about the description's options for the formats.
 *
 * @throws DescriptionError with its answer
 */
export async function checkFormatOptions(plan: Plan, job: Job): Promise<void> {
  const { source, platform } = plan
  for (const format of new Set(plannedDisks(plan).map((disk) => disk.format))) {
    const options = conversionOptions(source, format, platform)
    if (source.kind !== 'description' || options.qemu.length === 0) continue
    const refusal = await refusedOptions(format, options, job.workFolder, job.signal)
    if (refusal === undefined) continue
    const text = `formatoptions for ${format}: qemu-img says "${refusal}": write ones that this qemu-img knows`
    throw new DescriptionError([{ ...typePlace(source.selected), text }])
  }
}

/**
 * Whether the children read the disk from the raw disk itself, without a file of the format in between. Where nothing else
 * compresses it the clusters of a qcow2 are, by qemu-img.
 */
function isStreamed({ source, platform }: Plan, { format, packsClusters }: PlannedDisk, from: string): boolean {
  if (from !== 'raw') return false
  if (format === 'raw') return true
  const { qemu } = conversionOptions(source, format, platform)
  return format === 'qcow2' && !packsClusters && qemu.length === 0
}

/** Whether a file of the planned format is written, and not the disk itself or its content read. */
export function makesFile(plan: Plan, disk: PlannedDisk, from: string): boolean {
  const options = conversionOptions(plan.source, disk.format, plan.platform)
  return isConverted(from, disk.format, options) && !isStreamed(plan, disk, from)
}

/**
 * Makes a disk for the children that hold it, from one that stays as it is.
 *
 * @throws HostError when the disk changes meanwhile; what `convertDisk` throws
 */
export async function convertSource(plan: Plan, disk: PlannedDisk, raw: SourceDisk, job: Job): Promise<ReadyDisk> {
  const { format } = disk
  const made = isStreamed(plan, disk, raw.format)
    ? await phase(job, 'Scan', 'Look through the disk for its content', () => streamedDisk(format, raw, job.signal))
    : makesFile(plan, disk, raw.format)
      ? await phase(job, 'Convert', `Convert the disk to ${format}`, () => convertedDisk(plan, disk, raw, job))
      : givenDisk(raw)
  await checkUnchanged(raw.file, raw.state)
  if (made.virtualSizeBytes > raw.virtualSizeBytes) {
    job.report.info(`The disk grew from ${raw.virtualSizeBytes} to ${made.virtualSizeBytes} bytes, as ${format} has it`)
  }
  return { format, ...made }
}

async function phase<T>(job: Job, name: string, title: string, work: () => Promise<T>): Promise<T> {
  job.report.group(title)
  const done = await job.stopwatch.time(name, work)
  job.report.endGroup()
  return done
}

type Made = Omit<ReadyDisk, 'format'>

function givenDisk({ file, state, virtualSizeBytes }: SourceDisk): Made {
  return { file: { source: file, state }, virtualSizeBytes, sizeBytes: Number(state.size) }
}

async function streamedDisk(format: DiskFormat, raw: SourceDisk, signal: AbortSignal): Promise<Made> {
  const { file: source, state, virtualSizeBytes } = raw
  const { extents, sizeBytes } = await (format === 'raw' ? rawContent : qcow2Content)(source, virtualSizeBytes, signal)
  return { file: { source, state, content: extents }, virtualSizeBytes, sizeBytes }
}

async function convertedDisk(plan: Plan, disk: PlannedDisk, raw: SourceDisk, job: Job): Promise<Made> {
  const { source } = plan
  // Two disks may have one name, of one format or by a disk-path with the ending of another.
  const [first] = plannedDisks(plan)
  const isFirst = first?.format === disk.format && first.packsClusters === disk.packsClusters
  const folder = join(job.workFolder, isFirst ? 'disk' : `disk-${disk.format}`)
  await mkdir(folder, { recursive: true })
  const epochSeconds = plan.sourceDateEpoch ?? imageTime(raw.state)
  const { file, virtualSizeBytes } = await convertDisk({
    source: raw.file,
    from: raw.format,
    virtualSizeBytes: raw.virtualSizeBytes,
    to: disk.format,
    target: join(folder, disk.fileName),
    // What compresses them would only make them larger where they are compressed before.
    compressed: disk.packsClusters,
    options: conversionOptions(source, disk.format, plan.platform),
    title: source.kind === 'description' ? source.name : diskStem(source),
    epochSeconds,
    signal: job.signal,
  })
  return { file: { source: file }, virtualSizeBytes, sizeBytes: (await stat(file)).size }
}

/** The time of an image whose user gives none, in seconds since 1970: that of its disk. */
export function imageTime({ mtimeNs }: FileState): number {
  return Math.max(0, Number(mtimeNs / 1_000_000_000n))
}
