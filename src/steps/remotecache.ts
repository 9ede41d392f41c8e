import { isFeatureAvailable, restoreCache, saveCache } from '@actions/cache'
import type { RemoteCache } from '../cache/cache.ts'

/**
 * The Actions cache, where this job may use one. A key holds one folder; the service tells entries apart by the folder's
 * path too, so that a folder has to lie at the same path in every job.
 */
export function actionsCache(): RemoteCache | undefined {
  if (!isFeatureAvailable()) return undefined
  return {
    restore: async (key, folder) => (await restoreCache([folder], key)) !== undefined,
    save: async (key, folder) => {
      await saveCache([folder], key)
    },
  }
}
