import { resolve } from 'node:path'
import type { JobCache } from '../cache/cache.ts'
import { buildImage } from '../job/build.ts'
import type { Job } from '../job/job.ts'
import type { Built, Phase } from '../job/result.ts'
import { Stopwatch } from '../job/stopwatch.ts'
import { sweepFolders } from '../job/sweep.ts'
import type { Kiwi } from '../job/tools.ts'
import { type FolderKeeping, makeWorkFolder } from '../job/workfolder.ts'
import type { Plan } from '../plan/plan.ts'
import type { Report } from '../report.ts'
import { type LoginInputs, withAccess } from './logins.ts'
import { plannedMirrors } from './mirrors.ts'
import type { Surroundings } from './surroundings.ts'

export interface BuildStep extends FolderKeeping {
  readonly plan: Plan
  readonly inputs: LoginInputs
  readonly kiwi?: Kiwi
  readonly around: Surroundings
  readonly remote?: JobCache
  /** What was measured before. */
  readonly phases: readonly Phase[]
  readonly report: Report
  readonly signal: AbortSignal
}

/** What a job that was killed left where this one works: it takes space that is asked for. */
export async function sweep(
  plan: Pick<Plan, 'workDirectory'>,
  { around, holder, report }: Pick<BuildStep, 'around' | 'holder' | 'report'>,
): Promise<void> {
  if (holder === undefined) return
  const parents = [resolve(plan.workDirectory ?? around.temp), around.temp]
  await sweepFolders({ parents, asking: holder, uid: around.uid, supervisor: around, report })
}

/** Builds in a folder of its own; the caller removes what `keep` was told of. */
export async function runBuild(step: BuildStep): Promise<Built> {
  const { plan, around, report, signal, remote } = step
  await sweep(plan, step)
  const workFolder = await makeWorkFolder(
    { temp: around.temp, ...(plan.workDirectory === undefined ? {} : { given: plan.workDirectory }) },
    step,
  )
  const stopwatch = new Stopwatch(() => Date.now())
  stopwatch.add(step.phases)
  const job: Omit<Job, 'access'> = {
    workFolder,
    machine: {
      architecture: around.architecture,
      mirrors: await plannedMirrors(around),
      nodePath: around.nodePath,
      supervisorPath: around.supervisorPath,
      owner: { uid: around.uid, gid: around.gid },
      offered: offered(around, plan),
      now: () => Date.now(),
    },
    caches: plan.cache ? { folder: around.cacheFolder, ...(remote ? { remote } : {}) } : {},
    report,
    stopwatch,
    signal,
  }
  return withAccess(plan, step.inputs, around, { ...step, tmpFolder: workFolder }, (access) =>
    buildImage(plan, { ...job, access }, step.kiwi),
  )
}

function offered(around: Surroundings, plan: Plan): Readonly<Record<string, string>> {
  const epoch = plan.sourceDateEpoch
  return { ...around.proxies, ...(epoch === undefined ? {} : { SOURCE_DATE_EPOCH: String(epoch) }) }
}
