import { lstat, readdir, readFile, rm, rmdir } from 'node:fs/promises'
import { join } from 'node:path'
import { isTemporaryName } from '../oci/store/temporary.ts'
import type { Report } from '../report.ts'
import { type Holder, isDead, parseHolder } from './holder.ts'
import { parseTemporaries, removeTemporaries } from './temporaries.ts'
import { isJobFolder, MARKER, removeAbandoned, type SupervisorFiles } from './workfolder.ts'

export interface Sweep {
  /** Where jobs of ours make their folders. */
  readonly parents: readonly string[]
  readonly asking: Holder
  /** The user who asks: folders of others stay. */
  readonly uid: number
  readonly supervisor: SupervisorFiles
  readonly report: Report
}

/**
 * Removes what jobs left that were killed with all that looked after them, mounts and loop devices among it. Folders of
 * jobs that may still work, or whose holder is not known, are left alone. What cannot be removed is told as a warning.
 */
export async function sweepFolders({ parents, asking, uid, supervisor, report }: Sweep): Promise<void> {
  for (const parent of new Set(parents)) {
    const names = await readdir(parent).catch(() => [])
    for (const name of names.filter(isJobFolder)) {
      const folder = join(parent, name)
      const marker = await markerOf(folder, uid)
      const isLeft = marker === undefined ? await removeUnmarked(folder) : await isOfDead(marker, asking, parent)
      if (!isLeft) continue
      report.info(`removing ${folder}, which a job left that was killed`)
      await removeTemporaries(parseTemporaries(marker ?? ''))
      await removeAbandoned([folder], supervisor, report)
    }
  }
}

/**
 * What stands in the marker of a folder of this user: nothing where it belongs to nobody, as a folder of others and what cannot
 * be read. Undefined where there is none.
 */
async function markerOf(folder: string, uid: number): Promise<string | undefined> {
  const itself = await lstat(folder).catch(() => undefined)
  if (!itself?.isDirectory() || itself.uid !== uid) return ''
  try {
    const marker = await lstat(join(folder, MARKER))
    return marker.isFile() ? await readFile(join(folder, MARKER), 'utf8') : ''
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENOENT' ? undefined : ''
  }
}

async function isOfDead(marker: string, asking: Holder, parent: string): Promise<boolean> {
  const holder = parseHolder(marker)
  return holder !== undefined && (await isDead(holder, asking, parent))
}

/**
 * A job was killed between making its folder and marking it, or removed all but the folder; one that only is slow makes
 * another (`makeJobFolder`). Anything else in it, and it stays.
 *
 * @returns whether it is gone
 */
async function removeUnmarked(folder: string): Promise<boolean> {
  try {
    const names = await readdir(folder)
    if (!names.every(isTemporaryName)) return false
    for (const name of names) await rm(join(folder, name))
    await rmdir(folder)
    return true
  } catch {
    return false
  }
}
