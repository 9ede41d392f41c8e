import type { FolderKeeping } from '../job/workfolder.ts'
import { rememberFolder } from '../runner.ts'
import { startGuardian } from './guardian.ts'
import type { Surroundings } from './surroundings.ts'

/**
 * Keeps the folders of a step: its post entry removes them at the end of the job, and the guardian at once where the step
 * is killed.
 */
export async function stepFolders(
  around: Surroundings,
): Promise<AsyncDisposable & { readonly keeping: FolderKeeping }> {
  const guardian = await startGuardian(around)
  return {
    keeping: {
      owner: around.runnerJob,
      keep: (folder) => {
        guardian.watch(folder)
        rememberFolder(folder)
      },
    },
    [Symbol.asyncDispose]: () => guardian[Symbol.asyncDispose](),
  }
}
