import type { RemoteCache } from '../cache/cache.ts'
import { findPrivileges } from '../host/privileges.ts'
import { buildImage } from '../job/build.ts'
import type { Job } from '../job/job.ts'
import type { Built } from '../job/result.ts'
import { Stopwatch } from '../job/stopwatch.ts'
import type { Kiwi } from '../job/tools.ts'
import { makeWorkFolder } from '../job/workfolder.ts'
import type { Plan } from '../plan/plan.ts'
import type { Report } from '../report.ts'
import { type LoginInputs, openAccess } from './logins.ts'
import { plannedMirrors } from './mirrors.ts'
import type { Surroundings } from './surroundings.ts'

export interface BuildStep {
  readonly plan: Plan
  readonly inputs: LoginInputs
  readonly kiwi?: Kiwi
  readonly around: Surroundings
  readonly remote?: RemoteCache
  readonly report: Report
  readonly signal: AbortSignal
  /** Told of every folder of the job before anything is put into it. */
  readonly keep: (folder: string) => void
}

/** Builds in a folder of its own; the caller removes what `keep` was told of. */
export async function runBuild(step: BuildStep): Promise<Built> {
  const { plan, around, report, signal, remote } = step
  const workFolder = await makeWorkFolder(plan.workDirectory ?? around.temp)
  step.keep(workFolder)
  const access = await openAccess(plan, step.inputs, around, { ...step, tmpFolder: workFolder })
  const job: Job = {
    workFolder,
    access,
    privileges: await findPrivileges(),
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
    stopwatch: new Stopwatch(() => Date.now()),
    signal,
  }
  return buildImage(plan, job, step.kiwi)
}

function offered(around: Surroundings, plan: Plan): Readonly<Record<string, string>> {
  const epoch = plan.sourceDateEpoch
  return { ...around.proxies, ...(epoch === undefined ? {} : { SOURCE_DATE_EPOCH: String(epoch) }) }
}
