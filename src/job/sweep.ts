import { lstat, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Report } from '../report.ts'
import { isDead, type Owner, parseOwner } from './owner.ts'
import { MARKER, removeAbandoned, type SupervisorFiles, WORK_PREFIX } from './workfolder.ts'

export interface Sweep {
  /** Where jobs of ours make their folders. */
  readonly parents: readonly string[]
  readonly asking: Owner
  /** The user who asks: folders of others stay. */
  readonly uid: number
  readonly supervisor: SupervisorFiles
  readonly report: Report
}

/**
 * Removes what jobs left that were killed with all that looked after them, mounts and loop devices among it. Folders of
 * jobs that may still work, or whose owner is not known, are left alone. What cannot be removed is told as a warning.
 */
export async function sweepFolders({ parents, asking, uid, supervisor, report }: Sweep): Promise<void> {
  for (const parent of new Set(parents)) {
    const names = await readdir(parent).catch(() => [])
    for (const name of names.filter((each) => each.startsWith(WORK_PREFIX))) {
      const folder = join(parent, name)
      const owner = await ownerOf(folder, uid)
      if (owner === undefined || !(await isDead(owner, asking, parent))) continue
      report.info(`removing ${folder}, which a job left that was killed`)
      await removeAbandoned([folder], supervisor, report)
    }
  }
}

async function ownerOf(folder: string, uid: number): Promise<Owner | undefined> {
  const itself = await lstat(folder).catch(() => undefined)
  if (!itself?.isDirectory() || itself.uid !== uid) return undefined
  const marker = await lstat(join(folder, MARKER)).catch(() => undefined)
  if (!marker?.isFile()) return undefined
  return parseOwner(await readFile(join(folder, MARKER), 'utf8').catch(() => ''))
}
