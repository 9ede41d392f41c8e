import { chmod, readdir } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { packagesFolder, packagesKey } from '../cache/key.ts'
import { isPackage, keepPackages, offerPackages, prunePackages } from '../cache/packages.ts'
import { findDescription } from '../description/find.ts'
import { fingerprint } from '../description/fingerprint.ts'
import { readDescription } from '../description/read.ts'
import { stageDescription } from '../description/stage.ts'
import { asRoot, findPrivileges } from '../host/privileges.ts'
import { thisCaller } from '../host/process-start.ts'
import { buildDisk, type DiskBuild } from '../kiwi/build.ts'
import { checkDescription } from '../kiwi/check.ts'
import { savingsText } from '../kiwi/savings.ts'
import type { DescriptionSource, Plan } from '../plan/plan.ts'
import type { Job } from './job.ts'
import { answeredPlaceholders } from './placeholders.ts'
import { plannedDestinations } from './publish.ts'
import { descriptionSavings } from './savings.ts'
import type { Kiwi } from './tools.ts'
import { WORK_PREFIX } from './workfolder.ts'

/** Packages that no build used for so long go. */
const KEPT_DAYS = 30

/** A description that KIWI accepts, ready to be built. */
export interface PreparedDescription {
  readonly source: DescriptionSource
  readonly kiwi: Kiwi
  /** The staged copy, rewritten for the plain raw disk. */
  readonly folder: string
  readonly fastBuild: boolean
}

/**
 * Stages the description with what `obsrepositories:/` stands for, and has KIWI judge it.
 *
 * @throws DescriptionError, InputError, HostError
 */
export async function prepareDescription(
  plan: Plan,
  source: DescriptionSource,
  kiwi: Kiwi,
  job: Job,
): Promise<PreparedDescription> {
  const { report, signal, machine, workFolder } = job
  const description = await readDescription(await findDescription(source.file))
  const repositories = await answeredPlaceholders(source, {
    architecture: machine.architecture,
    mirrors: machine.mirrors,
    keyFolder: join(workFolder, 'keys'),
    report,
    signal,
  })
  const folder = await stageDescription(description, join(workFolder, 'description'), {
    repositories,
    leaveOut: [...(await jobFolders(workFolder)), ...exportPaths(plan)],
  })
  await checkDescription({
    ...selection(source),
    kiwi: kiwi.path,
    kiwiVersion: kiwi.version,
    description: folder,
    file: source.file,
    schemaVersion: source.schemaVersion,
    workFolder,
    offered: machine.offered,
    signal,
  })
  return { source, kiwi, folder, fastBuild: plan.fastBuild }
}

/**
 * Builds the raw disk, with the packages of earlier jobs at hand.
 *
 * @throws KiwiError, HostError, InputError, CommandError
 */
export async function buildDescription(prepared: PreparedDescription, job: Job): Promise<DiskBuild> {
  const { source, kiwi, folder } = prepared
  const { machine, workFolder, report, signal } = job
  const sharedCache = join(workFolder, 'cache')
  const packages = await offeredPackages(prepared, sharedCache, job)
  const savings = prepared.fastBuild ? await descriptionSavings(source, folder) : undefined
  report.info(savings === undefined ? 'fast-build is off: KIWI builds as it does by itself' : savingsText(savings))
  const supervisor = asRoot(await findPrivileges(), machine.nodePath, [machine.supervisorPath])
  // While KIWI works others may pass through, not look: apt reads packages as the user `_apt`.
  await chmod(workFolder, 0o711)
  const building = buildDisk({
    ...selection(source),
    kiwi: kiwi.path,
    description: folder,
    workFolder,
    sharedCache,
    buildArguments: source.buildArguments,
    offered: machine.offered,
    ...(savings === undefined ? {} : { savings }),
    supervisor,
    owner: machine.owner,
    caller: await thisCaller(),
    report,
    now: machine.now,
    signal,
  })
  const built = await building.finally(() => chmod(workFolder, 0o700))
  await packages.keep()
  return built
}

/** This job's folders and those of others beside it: with `work-dir` in the description they would become a part of it. */
async function jobFolders(workFolder: string): Promise<readonly string[]> {
  const parent = dirname(workFolder)
  const names = await readdir(parent).catch(() => [])
  return [workFolder, ...names.filter((name) => name.startsWith(WORK_PREFIX)).map((name) => join(parent, name))]
}

/** What earlier jobs exported into the description's folder is no part of it either. */
function exportPaths(plan: Plan): readonly string[] {
  return plannedDestinations(plan).flatMap((name) => ('path' in name ? [resolve(name.path)] : []))
}

function selection({ type, profiles, globalArguments }: DescriptionSource) {
  return { ...(type === undefined ? {} : { type }), profiles, globalArguments }
}

/** Puts kept packages where KIWI looks for them; what `keep` does is said of the build's own afterwards. */
async function offeredPackages(
  { source, folder }: PreparedDescription,
  sharedCache: string,
  job: Job,
): Promise<{ keep: () => Promise<void> }> {
  const { caches, report, machine } = job
  if (caches.folder === undefined) return { keep: async () => {} }
  const kept = join(caches.folder, 'packages', packagesFolder(source.packageManager, machine.architecture))
  const key = packagesKey(await fingerprint(folder), machine.architecture, source.packageManager)
  const entry = { key, folder: kept, what: 'the packages of earlier jobs', accepts: isPackage }
  const restored = caches.remote !== undefined && (await caches.remote.restore(entry))
  const count = await offerPackages(kept, sharedCache, report)
  if (count > 0) report.info(`${count} packages of earlier jobs are at hand`)
  return {
    keep: async () => {
      const fresh = await keepPackages(sharedCache, kept, machine.now(), report)
      await prunePackages(kept, KEPT_DAYS, machine.now(), report)
      if (fresh > 0) report.info(`${fresh} packages are kept for later jobs`)
      if (!restored && fresh > 0) await caches.remote?.save(entry)
    },
  }
}
