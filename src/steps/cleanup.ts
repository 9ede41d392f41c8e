import { removeFolders } from '../job/workfolder.ts'
import { rememberedFolders, takeInputs } from '../runner.ts'
import { runStep } from './step.ts'
import { surroundings } from './surroundings.ts'

/** The post entry of the steps that make folders: logins, mounts, loop devices and build folders end with the job. */
await runStep(async (report) => {
  // The password is among the inputs of this entry too, and no program needs it.
  takeInputs(process.env)
  await removeFolders(rememberedFolders(), surroundings(process.env), report)
})
