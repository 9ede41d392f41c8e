import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { inspectDisk } from '../disk/inspect.ts'
import { hostError } from '../errors.ts'
import type { DiskSource, Plan } from '../plan/plan.ts'
import { readFiles } from '../plan/readfiles.ts'
import { requireSkopeo } from '../registry/skopeo.ts'
import { checkDestinations } from '../registry/target/destinations.ts'
import { checkTargets } from '../registry/target/targetcheck.ts'
import { checkArchitecture } from './architecture.ts'
import { fetchPlannedBase, resolvePlannedBase } from './base.ts'
import { writeChildren } from './children.ts'
import { buildDescription, prepareDescription } from './description.ts'
import { checkFormatOptions, type SourceDisk } from './disk.ts'
import { type Job, jobUntil } from './job.ts'
import { plannedDestinations } from './publish.ts'
import type { Built, BuiltDisk } from './result.ts'
import { buildLacks, checkDiskSpace } from './space.ts'
import { together } from './together.ts'
import type { Kiwi } from './tools.ts'

/**
 * Builds the disk, or takes the given one, and wraps it. What can be asked is asked first: the base, the registries of
 * the tags, the disk or the description, the space. The base is fetched while KIWI works.
 *
 * @param kiwi to build a description with
 * @throws InputError, DescriptionError, HostError, RegistryError, KiwiError, ImageError
 */
export async function buildImage(plan: Plan, job: Job, kiwi?: Kiwi): Promise<Built> {
  const { report, stopwatch, signal } = job
  report.group('Check base, registries and disk')
  const { base, disk } = await stopwatch.time('Checks', async () => {
    await requireSkopeo(job.access)
    const ready = () => readySource(plan, job, kiwi)
    // It needs no network, and for the wrong platform no base has to be looked for.
    const given = plan.source.kind === 'disk' ? await ready() : undefined
    await checkDestinations(plannedDestinations(plan), plan.names, job.access, {
      reads: readFiles(plan),
      ...(plan.exportsSource === undefined ? {} : { chosenBy: plan.exportsSource }),
    })
    if (plan.push) await checkTargets(plan.tags, job.access)
    if (plan.pushByDigest !== undefined) await checkTargets([plan.pushByDigest], job.access)
    const resolved = await resolvePlannedBase(plan, job)
    return { base: resolved, disk: given ?? (await ready()) }
  })
  report.endGroup()

  const [fetched, raw] = await together(signal, [
    (until) => (base ? stopwatch.time('Base', () => fetchPlannedBase(base, plan, jobUntil(job, until))) : undefined),
    (until) => disk(jobUntil(job, until)),
  ])
  const written = await writeChildren(plan, { raw, base: fetched }, job)
  await discard(plan, raw, written.disk, job)
  return {
    workFolder: job.workFolder,
    ...written,
    layerSizeBytes: written.children[0]?.layerSizeBytes ?? 0,
    ...(fetched ? { base: { name: fetched.publishedName, digest: fetched.digest } } : {}),
    ...(kiwi ? { kiwi: { version: kiwi.version } } : {}),
    phases: stopwatch.phases,
  }
}

/** What nobody needs any more; the layout and the disk stay as long as the job. */
async function discard(plan: Plan, raw: SourceDisk, used: BuiltDisk, job: Job): Promise<void> {
  for (const name of ['base', 'cache', 'description', 'keys']) {
    await rm(join(job.workFolder, name), { recursive: true, force: true })
  }
  if (plan.source.kind === 'description' && used.file !== raw.file) await rm(raw.file, { force: true })
}

type DiskMaker = (job: Job) => Promise<SourceDisk>

async function readySource(plan: Plan, job: Job, kiwi: Kiwi | undefined): Promise<DiskMaker> {
  if (plan.source.kind === 'disk') return readyDisk(plan, plan.source, job)
  if (kiwi === undefined) throw new Error('a description without kiwi-ng')
  const lack = hostError(await buildLacks(plan, job.workFolder))
  if (lack) throw lack
  await checkFormatOptions(plan, job)
  const prepared = await prepareDescription(plan, plan.source, kiwi, job)
  return async (running) => {
    const built = await running.stopwatch.time('KIWI', () => buildDescription(prepared, running))
    running.stopwatch.add(built.phases.map(({ title, seconds }) => ({ name: `KIWI: ${title}`, seconds })))
    const raw = { ...(await inspectDisk(built.disk, 'raw', running.signal)), file: built.disk }
    await checkArchitecture(plan, raw, running)
    return raw
  }
}

async function readyDisk(plan: Plan, source: DiskSource, job: Job): Promise<DiskMaker> {
  const disk = { ...(await inspectDisk(source.path, undefined, job.signal)), file: source.path }
  await checkArchitecture(plan, disk, job)
  await checkDiskSpace(plan, disk, job)
  return async () => disk
}
