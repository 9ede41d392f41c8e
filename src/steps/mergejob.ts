import type { MergeInputs } from '../inputs/mergeinputs.ts'
import { type Merged, mergeImages } from '../job/merge.ts'
import { readyTools } from '../job/tools.ts'
import { type FolderKeeping, makeWorkFolder, removeMarked } from '../job/workfolder.ts'
import type { MergePlan } from '../plan/merging.ts'
import type { Report } from '../report.ts'
import { jobShelf } from './localshelf.ts'
import { withLogins } from './logins.ts'
import type { Surroundings } from './surroundings.ts'

export interface MergeRun extends FolderKeeping {
  readonly plan: MergePlan
  readonly inputs: MergeInputs
  readonly around: Surroundings
  readonly report: Report
  readonly signal: AbortSignal
  readonly onProgress: (merged: Merged) => void
}

/** Readies skopeo and the logins, and merges; what both entries do. Throws what `readyTools` and `mergeImages` do. */
export async function runMerge(run: MergeRun): Promise<Merged> {
  const { plan, inputs, around, report, signal, holder, keep, onProgress } = run
  await readyTools({
    facts: { source: 'registry' },
    installs: plan.installTools,
    searchPath: around.searchPath,
    temp: around.temp,
    shelf: jobShelf(around.temp, run),
    nowSeconds: Date.now() / 1000,
    report,
    signal,
    holder,
    keep,
  })
  const workFolder = await makeWorkFolder(around, run)
  try {
    const needs = { ...plan, registries: plan.repositories.map(({ registry }) => registry) }
    const step = { tmpFolder: workFolder, report, signal, holder, keep }
    return await withLogins(needs, inputs, around, step, (access) =>
      mergeImages({ plan, access, workFolder, onProgress }),
    )
  } finally {
    await removeMarked(workFolder)
  }
}
