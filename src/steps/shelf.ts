import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { cacheDir, find } from '@actions/tool-cache'
import type { KiwiShelf } from '../job/tools.ts'
import type { Report } from '../report.ts'
import { seal, unbroken } from './sealedkiwi.ts'
import type { Surroundings } from './surroundings.ts'

const TOOL = 'kiwi-ng'

/**
 * The runner's tool cache. It stays on machines that stay; on a hosted runner it lasts for the job. No kiwi-ng comes from
 * the Actions cache, which others may write: it runs as root.
 */
export function kiwiShelf(around: Surroundings, report: Report): KiwiShelf {
  // @actions/tool-cache takes its folders from here and has no other way.
  process.env['RUNNER_TOOL_CACHE'] ||= join(around.cacheFolder, 'tools')
  process.env['RUNNER_TEMP'] ||= around.temp
  return {
    find: async (version) => {
      const here = find(TOOL, version)
      return here === '' ? undefined : await unbroken(here, version, report)
    },
    keep: async (folder, version) => {
      await seal(folder, version)
      // What is there is not what it was: nothing of it may stay between the new files.
      const there = find(TOOL, version)
      if (there !== '') await rm(there, { recursive: true, force: true })
      return await cacheDir(folder, TOOL, version)
    },
  }
}
