import { cp, mkdtemp, readdir, rename, rm, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { describeError } from '../errors.ts'
import type { KiwiShelf } from '../job/tools.ts'
import { type FolderKeeping, makeJobFolder } from '../job/workfolder.ts'
import { makeFolder } from '../oci/store/folder.ts'
import type { Report } from '../report.ts'
import { seal, unbroken } from './sealedkiwi.ts'

const DAY_MILLISECONDS = 24 * 60 * 60 * 1000

/**
 * Where the command line keeps kiwi-ng: a folder of ours. (The runner's tool cache writes to standard output.)
 *
 * @param otherwise where it goes when there is no room for it, which is a warning
 */
export function localShelf(cacheFolder: string, report: Report, otherwise: KiwiShelf): KiwiShelf {
  const place = (version: string) => join(cacheFolder, 'kiwi-ng', version)
  return {
    find: async (version) => {
      const there = await stat(place(version)).catch(() => undefined)
      return there?.isDirectory() ? await unbroken(place(version), version, report) : undefined
    },
    keep: async (folder, version) => {
      await seal(folder, version)
      try {
        await put(folder, place(version))
        return place(version)
      } catch (error) {
        const { message } = describeError(error)
        report.warning(`kiwi-ng ${version} is not kept for the next job: ${message}`)
        return await otherwise.keep(folder, version)
      }
    },
  }
}

async function put(folder: string, kept: string): Promise<void> {
  await makeFolder(dirname(kept))
  await removeOldHalves(kept)
  const own = await mkdtemp(`${kept}.`)
  try {
    await cp(folder, join(own, 'new'), { recursive: true, verbatimSymlinks: true })
    // One that is there is damaged, does not start any more, or is another job's of this moment, and as good. It goes aside in one step.
    await rename(kept, join(own, 'old')).catch(() => {})
    // Where another job was first, its kiwi-ng is as good.
    await rename(join(own, 'new'), kept).catch(() => {})
  } finally {
    await rm(own, { recursive: true, force: true })
  }
}

/** Of jobs that were killed; others may be at theirs. */
async function removeOldHalves(kept: string): Promise<void> {
  const folder = dirname(kept)
  for (const name of await readdir(folder)) {
    if (!name.startsWith(`${basename(kept)}.`) || !/\.[A-Za-z0-9]{6}$/.test(name)) continue
    const { mtimeMs } = await stat(join(folder, name))
    if (mtimeMs < Date.now() - DAY_MILLISECONDS) await rm(join(folder, name), { recursive: true, force: true })
  }
}

/** Keeps kiwi-ng for this job only. */
export function jobShelf(temp: string, keeping: FolderKeeping): KiwiShelf {
  return {
    find: async () => undefined,
    keep: async (folder) => {
      const own = await makeJobFolder(temp, 'tools-', keeping)
      await cp(folder, join(own, 'kiwi-ng'), { recursive: true, verbatimSymlinks: true })
      return join(own, 'kiwi-ng')
    },
  }
}
