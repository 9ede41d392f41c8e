import { findPrivileges } from '../host/privileges.ts'
import { removeFolder } from '../job/workfolder.ts'
import { rememberedFolders } from '../runner.ts'
import { runStep } from './step.ts'
import { surroundings } from './surroundings.ts'

/** The post entry of the steps that make folders: logins, mounts, loop devices and build folders end with the job. */
await runStep(async (report) => {
  const around = surroundings(process.env)
  const privileges = await findPrivileges()
  for (const folder of rememberedFolders()) {
    try {
      await removeFolder(folder, privileges, around)
    } catch (error) {
      // The job's result stands; what is left has to be told.
      report.warning(`${folder} could not be removed: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
})
