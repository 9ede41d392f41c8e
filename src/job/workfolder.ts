import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { runCommand } from '../command.ts'
import { describeError, InputError, lacksSpace } from '../errors.ts'
import { asRoot, findPrivileges } from '../host/privileges.ts'
import { isThere, makeFolder } from '../oci/store/folder.ts'
import type { Report } from '../report.ts'

/** Only a folder that holds this file is ever released and removed as root. */
export const MARKER = '.kiwi-oci'
/** What the names of work folders, and of KIWI's log beside them, begin with. */
export const WORK_PREFIX = 'kiwi-oci-'

/**
 * Makes the folder of one job, with a name of its own, so that jobs on one machine do not disturb one another. Nobody
 * else may look into it: a disk can hold secrets.
 *
 * @throws InputError when `work-dir` cannot be written
 */
export async function makeWorkFolder(parent: string): Promise<string> {
  const folder = await newFolder(parent)
  await writeFile(join(folder, MARKER), '').catch(async (error: unknown) => {
    await rm(folder, { recursive: true, force: true })
    throw error
  })
  return folder
}

async function newFolder(parent: string): Promise<string> {
  try {
    await makeFolder(parent)
    return await mkdtemp(join(parent, WORK_PREFIX))
  } catch (error) {
    if (lacksSpace(error)) throw error
    const reason = error instanceof Error ? error.message : String(error)
    const text = `${parent} cannot be used (${reason}): name a folder of yours`
    throw new InputError([{ where: 'input work-dir', text }])
  }
}

/** Makes a folder that only we can read, for logins. */
export async function makePrivateFolder(parent: string): Promise<string> {
  const folder = await mkdtemp(join(parent, 'kiwi-oci-login-'))
  await chmod(folder, 0o700)
  return folder
}

/** Removes folders of a job. The job's result stands: what cannot be removed is told as a warning. */
export async function removeFolders(
  folders: readonly string[],
  supervisor: { readonly nodePath: string; readonly supervisorPath: string },
  report: Report,
): Promise<void> {
  for (const folder of folders) {
    try {
      await removeFolder(folder, supervisor)
    } catch (error) {
      report.warning(`${folder} could not be removed: ${describeError(error).message}`)
    }
  }
}

/**
 * Removes a folder of ours with everything that a build may have left in it: mounts, loop devices, files of root. The
 * supervisor does it, as root, wherever KIWI worked.
 *
 * @param supervisor the node and the supervisor's file to start as root
 */
async function removeFolder(
  folder: string,
  supervisor: { readonly nodePath: string; readonly supervisorPath: string },
): Promise<void> {
  const kiwiWorked = (await isThere(join(folder, MARKER))) && (await isThere(join(folder, 'target')))
  if (!kiwiWorked) {
    await rm(folder, { recursive: true, force: true })
    return
  }
  const { program, args } = asRoot(await findPrivileges(), supervisor.nodePath, [supervisor.supervisorPath])
  await runCommand(program, args, { input: `${JSON.stringify({ remove: folder, under: dirname(folder) })}\n` })
}
