import { JobCache } from '../cache/cache.ts'
import { serviceCache } from '../cache/service.ts'
import type { Report } from '../report.ts'

/** What a job may do with the cache when the runner says it; @actions/cache, src/internal/config.ts. */
const MODES: Readonly<Record<string, { readonly reads: boolean; readonly writes: boolean }>> = {
  none: { reads: false, writes: false },
  read: { reads: true, writes: false },
  write: { reads: true, writes: true },
  'write-only': { reads: false, writes: true },
}

/** The Actions cache, where this job may use one. The service of GitHub's own servers is version 1, for which there is no client here. */
export function jobCache(environment: NodeJS.ProcessEnv, report: Report, signal: AbortSignal): JobCache | undefined {
  const url = environment['ACTIONS_RESULTS_URL']
  const token = environment['ACTIONS_RUNTIME_TOKEN']
  if (!environment['ACTIONS_CACHE_SERVICE_V2'] || !url || !token || !URL.canParse(url)) return undefined
  const { reads, writes } = MODES[environment['ACTIONS_CACHE_MODE']?.trim().toLowerCase() ?? ''] ?? {
    reads: true,
    writes: true,
  }
  const service = serviceCache({ url, token })
  const allowed = {
    restore: async (...asked: Parameters<typeof service.restore>) => reads && (await service.restore(...asked)),
    save: async (...asked: Parameters<typeof service.save>) => writes && (await service.save(...asked)),
  }
  return new JobCache(allowed, report, { signal, now: () => performance.now() })
}
