import type { JobCache } from '../cache/cache.ts'
import type { Mirrors } from '../host/mirrors.ts'
import type { Access } from '../registry/access.ts'
import type { Report } from '../report.ts'
import type { Stopwatch } from './stopwatch.ts'

/** What every part of a build job works with; made by the entry that runs it. */
export interface Job {
  /** The folder of this job; what is in it lives as long as the job. */
  readonly workFolder: string
  /** How skopeo is called, with the logins. */
  readonly access: Access
  readonly machine: Machine
  readonly caches: Caches
  readonly report: Report
  readonly stopwatch: Stopwatch
  readonly signal: AbortSignal
}

export interface Machine {
  /** KIWI's name of the architecture, `uname -m`. */
  readonly architecture: string
  readonly mirrors: Mirrors
  readonly nodePath: string
  /** The supervisor's file, which `nodePath` runs as root. */
  readonly supervisorPath: string
  /** Whom the results belong to. */
  readonly owner: { readonly uid: number; readonly gid: number }
  /** Variables of ours that KIWI may get. */
  readonly offered: Readonly<Record<string, string>>
  /** The time in milliseconds. */
  readonly now: () => number
}

/** What stays between jobs; without `folder` nothing does. */
export interface Caches {
  /** Ours; on a hosted runner it is empty at the start of each job, and `remote` fills it. */
  readonly folder?: string
  readonly remote?: JobCache
}

/** The same job until another signal aborts, its calls to registries among it. */
export function jobUntil(job: Job, signal: AbortSignal): Job {
  return { ...job, signal, access: { ...job.access, signal } }
}
