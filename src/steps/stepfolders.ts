import { thisJob } from '../job/holder.ts'
import type { FolderKeeping } from '../job/workfolder.ts'
import { rememberFolder } from '../runner.ts'
import { startGuardian } from './guardian.ts'
import type { Surroundings } from './surroundings.ts'

export interface StepFolders extends AsyncDisposable {
  readonly keeping: FolderKeeping
}

/**
 * Keeps the folders of a step: its post entry removes them at the end of the job, and the guardian at once where the step
 * is killed.
 *
 * @param inside folders of others in which the step has files under temporary names
 */
export async function stepFolders(around: Surroundings, inside: readonly string[] = []): Promise<StepFolders> {
  const guardian = await startGuardian(around)
  guardian.watchInside(inside)
  return {
    keeping: {
      holder: await thisJob(around.runnerJob),
      inside,
      keep: (folder) => {
        guardian.watch(folder)
        rememberFolder(folder)
      },
    },
    [Symbol.asyncDispose]: () => guardian[Symbol.asyncDispose](),
  }
}
