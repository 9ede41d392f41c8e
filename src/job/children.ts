import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { BaseImage } from '../oci/baseimage.ts'
import { isArtifactKind } from '../oci/kind.ts'
import { createLayout, type Layout } from '../oci/store/layout.ts'
import { childCompression, isIndex, type PlannedChild, plannedChildren, plannedDisks } from '../plan/children.ts'
import { diskStem } from '../plan/diskpath.ts'
import type { Plan } from '../plan/plan.ts'
import { writeArtifact } from './artifact.ts'
import { convertSource, imageTime, type ReadyDisk, type SourceDisk } from './disk.ts'
import type { Job } from './job.ts'
import { type NamedResult, nameChildren } from './naming.ts'
import type { BuiltChild, BuiltDisk } from './result.ts'
import { checkBlobSpace, checkDiskSpace } from './space.ts'
import { type WrittenChild, writeImage } from './wrap.ts'

export interface WrittenChildren extends NamedResult {
  /** The folder of the layout. */
  readonly layout: string
  /** In the order of the plan. */
  readonly children: readonly BuiltChild[]
  /** Of the first child. */
  readonly disk: BuiltDisk
}

interface Making {
  readonly plan: Plan
  readonly raw: SourceDisk
  readonly base: BaseImage | undefined
  readonly layout: Layout
  readonly job: Job
}

interface Made {
  readonly planned: PlannedChild
  readonly disk: ReadyDisk
  readonly written: WrittenChild
}

/**
 * Writes every child of the plan into a layout of its own, and the index over them where there is one. Each disk is
 * converted once and, but for the first child's, gone when its children are written.
 *
 * @throws HostError without space, and when the disk changes meanwhile; what `convertSource`, `writeImage`, `writeArtifact`
 *   and `nameChildren` throw
 */
export async function writeChildren(
  plan: Plan,
  { raw, base }: Pick<Making, 'raw' | 'base'>,
  job: Job,
): Promise<WrittenChildren> {
  const { report, stopwatch, signal } = job
  const layout = await createLayout(join(job.workFolder, 'layout'))
  const made = await makeChildren({ plan, raw, base, layout, job })
  const [first] = made
  if (first === undefined) throw new Error('a plan without children')
  const naming = { annotations: plan.annotations, isIndex: isIndex(plan), signal }
  report.group('Check what was written')
  const named = await stopwatch.time('Wrap', () =>
    nameChildren(
      layout,
      made.map(({ written }) => written),
      naming,
    ),
  )
  if (isIndex(plan)) report.info(`Index: ${named.digest} of ${made.length} ${made.length === 1 ? 'entry' : 'entries'}`)
  report.endGroup()
  const children = made.map(builtChild)
  const file = first.disk.file.source
  return { ...named, layout: layout.folder, children, disk: { ...diskOf(first), file } }
}

async function makeChildren(making: Making): Promise<readonly Made[]> {
  const { plan, raw, job } = making
  const made: Made[] = []
  for (const [at, planned] of plannedDisks(plan).entries()) {
    // Of a description it is known only now how much is in its disk.
    await checkDiskSpace(plan, raw, job, at)
    const disk = await convertSource(plan, planned, raw, job)
    await checkBlobSpace(plan, planned, disk, job)
    for (const child of planned.children) made.push(await makeChild(making, child, disk))
    const { source } = disk.file
    if (at > 0 && source !== raw.file) await rm(source, { force: true })
  }
  const order = plannedChildren(plan).map(({ path }) => path)
  return made.toSorted((one, other) => order.indexOf(one.planned.path) - order.indexOf(other.planned.path))
}

async function makeChild(making: Making, planned: PlannedChild, disk: ReadyDisk): Promise<Made> {
  const { report, stopwatch } = making.job
  const { kind, diskType, path } = planned
  report.group(kind === 'container' ? 'Wrap' : `Wrap for ${[kind, diskType].filter(Boolean).join(' ')}`)
  const written = await stopwatch.time('Wrap', () => writeChild(making, planned, disk))
  const { digest, artifactType } = written.descriptor
  report.info(`${artifactType === undefined ? 'Image' : 'Artifact'}: ${digest} with ${path}`)
  report.endGroup()
  return { planned, disk, written }
}

function writeChild(
  { plan, raw, base, layout, job }: Making,
  planned: PlannedChild,
  disk: ReadyDisk,
): Promise<WrittenChild> {
  const { source, platform, annotations, config: changes, labels } = plan
  const { kind, path, diskType } = planned
  const facts = {
    platform,
    annotations,
    ...(source.kind === 'description' ? { title: source.name, version: source.version } : { title: diskStem(source) }),
    epochSeconds: plan.sourceDateEpoch ?? imageTime(raw.state),
    compression: childCompression(plan, planned),
    signal: job.signal,
  }
  if (isArtifactKind(kind)) {
    return writeArtifact(layout, { ...facts, disk, fileName: path, ...(diskType ? { diskType } : {}) })
  }
  const isSingleFile = kind === 'podman-machine-4'
  const image = { ...facts, disk: disk.file, pathInImage: path, changes, labels, isSingleFile }
  return writeImage(layout, { ...image, ...(base ? { base } : {}) })
}

function builtChild(made: Made): BuiltChild {
  const { kind, diskType } = made.planned
  const { descriptor, blob } = made.written
  return {
    kind,
    ...(diskType === undefined ? {} : { diskType }),
    digest: descriptor.digest,
    descriptor,
    disk: diskOf(made),
    layerSizeBytes: blob.size,
  }
}

function diskOf({ planned: { path }, disk: { format, virtualSizeBytes, sizeBytes } }: Made): BuiltChild['disk'] {
  return { path, format, virtualSizeBytes, sizeBytes }
}
