import { cp, mkdir, rename, rm, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { KiwiShelf } from '../job/tools.ts'

/** Where the command line keeps kiwi-ng: a folder of ours. (The runner's tool cache writes to standard output.) */
export function localShelf(cacheFolder: string): KiwiShelf {
  const place = (version: string) => join(cacheFolder, 'kiwi-ng', version)
  return {
    find: async (version) => {
      const there = await stat(place(version)).catch(() => undefined)
      return there?.isDirectory() ? place(version) : undefined
    },
    keep: async (folder, version) => {
      const kept = place(version)
      const partial = `${kept}.${process.pid}.partial`
      await mkdir(dirname(kept), { recursive: true })
      try {
        await cp(folder, partial, { recursive: true, verbatimSymlinks: true })
        // One that is there no longer starts, or another job has just put the same there.
        await rm(kept, { recursive: true, force: true })
        await rename(partial, kept)
      } finally {
        await rm(partial, { recursive: true, force: true })
      }
      return kept
    },
  }
}
