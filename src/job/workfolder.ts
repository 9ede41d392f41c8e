import { randomBytes } from 'node:crypto'
import { lstat, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { runCommand } from '../command.ts'
import { CommandError, describeError, HostError, InputError, KnownError, wasAskedToEnd } from '../errors.ts'
import { asRoot, findPrivileges, type Privileges } from '../host/privileges.ts'
import { putText } from '../oci/store/file.ts'
import { isThere, makeFolder } from '../oci/store/folder.ts'
import { TEMPORARY_PREFIX, temporaryName } from '../oci/store/temporary.ts'
import type { Report } from '../report.ts'
import type { Holder } from './holder.ts'

/** Only a folder that holds this file is ever released and removed as root. It says whom the folder belongs to. */
export const MARKER = '.kiwi-oci'
/** What the names of folders of ours, and of KIWI's log beside them, begin with. */
export const WORK_PREFIX = 'kiwi-oci-'
/** In the work folder while a supervisor works: its number and start, and on a line each the places that it binds onto. */
export const RUN_FILE = 'supervisor.run'
/** One lock for the whole machine, containers that share its devices among it. */
const LOOP_CONTROL = '/dev/loop-control'
const TRIES = 5

/** For folders of a job. */
export interface FolderKeeping {
  /** Undefined where it cannot be said when the job is over. */
  readonly holder: Holder | undefined
  /** Folders of others in which the job has files under temporary names; none where left out. */
  readonly inside?: readonly string[]
  /** Told of every folder before it is made: however the job ends, the folder goes with it. */
  readonly keep: (folder: string) => void
}

/** The node and the supervisor's file to start as root. */
export interface SupervisorFiles {
  readonly nodePath: string
  readonly supervisorPath: string
}

/** What is wrong with a place, and not with the machine. */
const UNFIT: Readonly<Record<string, string>> = {
  EEXIST: 'it is no folder',
  ENOTDIR: 'it is no folder',
  ENOENT: 'no folder can be made there',
  EACCES: 'the right to it is missing',
  EPERM: 'the right to it is missing',
  ENAMETOOLONG: 'its name is too long',
  ELOOP: 'links in it go round',
}

/**
 * Makes the folder of one job, with a name of its own, so that jobs on one machine do not disturb one another. Nobody
 * else may look into it: a disk can hold secrets.
 *
 * @param given `work-dir`, @param temp where there is none
 * @throws InputError when `work-dir` is no place for folders, HostError when the folder for temporary files is none
 */
export async function makeWorkFolder(
  { given, temp }: { readonly given?: string; readonly temp: string },
  keeping: FolderKeeping,
): Promise<string> {
  const parent = given ?? temp
  try {
    await makeFolder(parent)
    return await makeJobFolder(parent, '', keeping)
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    const reason = UNFIT[code]
    if (error instanceof KnownError || reason === undefined) throw error
    const lack = `${parent} cannot be used (${reason})`
    if (given === undefined) throw new HostError('host-folder', lack, 'set TMPDIR to a folder of yours')
    throw new InputError([{ where: 'input work-dir', text: `${lack}: name a folder of yours` }])
  }
}

/**
 * Makes a folder of a job that only we can read.
 *
 * @param purpose the middle of its name, `login-`; empty for the work folder
 * @throws errors of the file system
 */
export async function makeJobFolder(
  parent: string,
  purpose: '' | 'login-' | 'tools-' | 'kiwi-',
  { holder, inside = [], keep }: FolderKeeping,
): Promise<string> {
  const marker = holder === undefined ? '' : JSON.stringify({ ...holder, inside, prefix: TEMPORARY_PREFIX })
  for (let tries = 1; ; tries += 1) {
    const folder = join(parent, `${WORK_PREFIX}${purpose}${randomBytes(6).toString('hex')}`)
    keep(folder)
    await mkdir(folder, { mode: 0o700 })
    try {
      await mark(folder, marker)
      return folder
    } catch (error) {
      await rm(folder, { recursive: true, force: true })
      // Another job's sweep takes a folder that nobody has marked yet: the name is told, another one is as good.
      const wasTaken = error instanceof Error && 'code' in error && error.code === 'ENOENT'
      if (!wasTaken || tries === TRIES) throw error
    }
  }
}

/** Whoever is killed here leaves a folder without the marker, and none with half of it. */
async function mark(folder: string, text: string): Promise<void> {
  const temporary = join(folder, temporaryName())
  await putText(temporary, text)
  await rename(temporary, join(folder, MARKER))
}

/** Whether a folder has a name that `makeJobFolder` makes. */
export function isJobFolder(name: string): boolean {
  return name.startsWith(WORK_PREFIX) && /^(?:[a-z]+-)?[0-9a-f]{12}$/.test(name.slice(WORK_PREFIX.length))
}

/** Says that a folder stays when its job is over. */
export async function disown(folder: string): Promise<void> {
  await putText(join(folder, MARKER), '')
}

/**
 * Removes a folder of a job in which no KIWI worked. The marker goes last, so that whoever is killed here leaves what a sweep
 * still knows.
 *
 * @throws errors of the file system; a folder that is not there is none
 */
export async function removeMarked(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => [])
  for (const name of names.filter((each) => each !== MARKER)) {
    await rm(join(folder, name), { recursive: true, force: true })
  }
  await rm(folder, { recursive: true, force: true })
}

/** Removes folders of a job. The job's result stands: what cannot be removed is told as a warning. */
export async function removeFolders(
  folders: readonly string[],
  supervisor: SupervisorFiles,
  report: Pick<Report, 'warning'>,
): Promise<void> {
  for (const folder of folders) {
    try {
      await removeFolder(folder, supervisor)
    } catch (error) {
      report.warning(`${folder} could not be removed: ${describeError(error).message}`)
    }
  }
}

/** Removes folders of a job that was killed, and the logs beside them, which nobody was told of. Throws nothing. */
export async function removeAbandoned(
  folders: readonly string[],
  supervisor: SupervisorFiles,
  report: Pick<Report, 'warning'>,
): Promise<void> {
  await removeFolders(folders, supervisor, report)
  for (const folder of folders) await removeLogs(folder)
}

/** The logs of KIWI beside a work folder. */
export async function removeLogs(folder: string): Promise<void> {
  const names = await readdir(dirname(folder)).catch(() => [])
  for (const name of names.filter((each) => each.startsWith(`${basename(folder)}-log-`))) {
    await rm(join(dirname(folder), name), { recursive: true, force: true }).catch(() => {})
  }
}

/** Whoever is impatient sends a second signal to all of a canceled job, which is not to end what cleans up after the first. */
async function privilegesAtLast(): Promise<Privileges> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await findPrivileges()
    } catch (error) {
      if (!(error instanceof CommandError && wasAskedToEnd(error)) || tries === TRIES) throw error
    }
  }
}

/**
 * Removes a folder of ours with everything that a build may have left in it: mounts, loop devices, files of root. The
 * supervisor does it, as root, wherever KIWI worked; one at a time on this machine, since a device that one has let go
 * may be another build's when the next looks at it.
 */
async function removeFolder(folder: string, { nodePath, supervisorPath }: SupervisorFiles): Promise<void> {
  const has = (name: string) => isThere(join(folder, name))
  const kiwiWorked = (await has(MARKER)) && ((await has('target')) || (await has(RUN_FILE)))
  if (!kiwiWorked) {
    await removeMarked(folder)
    return
  }
  const lock = (await lstat(LOOP_CONTROL).catch(() => undefined))?.isCharacterDevice()
    ? ['flock', '--no-fork', LOOP_CONTROL]
    : []
  const [first = nodePath, ...rest] = [...lock, nodePath, supervisorPath]
  const { program, args } = asRoot(await privilegesAtLast(), first, rest)
  const input = `${JSON.stringify({ remove: folder, under: dirname(folder) })}\n`
  // In a session of its own, so that a second signal to all of a canceled job does not end it.
  for (let [apart, tries] = [true, 1]; ; tries += 1) {
    try {
      await runCommand(program, args, { input, apart })
      return
    } catch (error) {
      if (!(error instanceof CommandError) || tries === TRIES) throw error
      const isOfSudo = error.lastLines.at(-1)?.startsWith('sudo: ') === true
      // Until it has that session a signal may still end it.
      if (!isOfSudo && error.outcome.kind !== 'signal') throw error
      // sudo may know its user by the terminal, which another session has not.
      apart = !isOfSudo
    }
  }
}
