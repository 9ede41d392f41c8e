import { thisJob } from '../job/owner.ts'
import type { FolderKeeping } from '../job/workfolder.ts'
import { rememberFolder } from '../runner.ts'
import { type Guardian, startGuardian } from './guardian.ts'
import type { Surroundings } from './surroundings.ts'

export interface StepFolders extends AsyncDisposable {
  readonly keeping: FolderKeeping
  readonly guardian: Guardian
}

/**
 * Keeps the folders of a step: its post entry removes them at the end of the job, and the guardian at once where the step
 * is killed.
 */
export async function stepFolders(around: Surroundings): Promise<StepFolders> {
  const guardian = await startGuardian(around)
  return {
    guardian,
    keeping: {
      owner: await thisJob(around.runnerJob),
      keep: (folder) => {
        guardian.watch(folder)
        rememberFolder(folder)
      },
    },
    [Symbol.asyncDispose]: () => guardian[Symbol.asyncDispose](),
  }
}
