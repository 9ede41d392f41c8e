import { cp } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheDir, find } from '@actions/tool-cache'
import { cacheKey, type RemoteCache, restoreFolder, saveFolder } from '../cache/cache.ts'
import type { KiwiShelf } from '../job/tools.ts'
import { makeFolder } from '../oci/store/folder.ts'
import type { Report } from '../report.ts'
import type { Surroundings } from './surroundings.ts'

const TOOL = 'kiwi-ng'

/**
 * The runner's tool cache, and on hosted runners, where it is empty at the start of each job, the Actions cache behind
 * it. Without `cache` a kiwi-ng serves this job only, and is kept all the same: the next steps of the job use it.
 *
 * @param remote where a job may use the Actions cache
 */
export function kiwiShelf(
  around: Surroundings,
  remote: RemoteCache | undefined,
  report: Report,
  signal: AbortSignal,
): KiwiShelf {
  // @actions/tool-cache takes its folders from here and has no other way.
  process.env['RUNNER_TOOL_CACHE'] ||= join(around.cacheFolder, 'tools')
  process.env['RUNNER_TEMP'] ||= around.temp
  const travelling = join(around.cacheFolder, 'kiwi-ng')
  const entry = (version: string) => ({
    key: cacheKey(['kiwi', version, around.architecture, around.release]),
    folder: join(travelling, version),
    what: `kiwi-ng ${version}`,
  })
  return {
    find: async (version) => {
      const here = find(TOOL, version)
      if (here !== '') return here
      if (remote === undefined || !(await restoreFolder(remote, entry(version), report))) return undefined
      return cacheDir(entry(version).folder, TOOL, version)
    },
    keep: async (folder, version) => {
      const kept = await cacheDir(folder, TOOL, version)
      if (remote !== undefined) {
        await makeFolder(travelling)
        await cp(folder, entry(version).folder, { recursive: true, verbatimSymlinks: true })
        await saveFolder(remote, entry(version), report, signal)
      }
      return kept
    },
  }
}
