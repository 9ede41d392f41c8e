import { mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { JobCache } from '../../../src/cache/cache.ts'
import { isPackage } from '../../../src/cache/packages.ts'
import { serviceCache } from '../../../src/cache/service.ts'
import { fetchPlannedBase, resolvePlannedBase } from '../../../src/job/base.ts'
import type { Job } from '../../../src/job/job.ts'
import { Stopwatch } from '../../../src/job/stopwatch.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import { recorder, testAccess } from '../../support/registry.ts'
import { wrapDisk } from '../../support/wrapped.ts'

/** A job that takes a base and packages through the Actions cache and puts a disk on the base. */
export interface CacheJob {
  /** The base in a registry. */
  readonly base: string
  /** An empty one of this job. */
  readonly folder: string
  readonly service: { readonly url: string; readonly token: string }
  readonly limitMilliseconds?: number
}

export interface CacheJobResult {
  /** Of the image. */
  readonly digest: string
  readonly warnings: readonly string[]
  /** What came through the cache, if only to be looked at by the package manager. */
  readonly package?: string
}

const PLATFORM = { os: 'linux', architecture: 'amd64' }
const never = new AbortController().signal

/** What the build step does of it, one after another. */
export async function runCacheJob({ base, folder, service, limitMilliseconds }: CacheJob): Promise<CacheJobResult> {
  const report = recorder()
  const limit = limitMilliseconds === undefined ? {} : { limitMilliseconds }
  const remote = new JobCache(serviceCache(service), report, { signal: never, now: () => performance.now(), ...limit })
  await using access = await testAccess()
  const job = {
    workFolder: await mkdtemp(join(folder, 'job-')),
    access: { ...access, report },
    machine: { now: () => Date.now() },
    caches: { folder: join(folder, 'cache'), remote },
    report,
    stopwatch: new Stopwatch(() => Date.now()),
    signal: never,
  } as unknown as Job
  const packages = join(folder, 'cache', 'packages')
  const entry = { key: 'packages', folder: packages, what: 'the packages of earlier jobs', accepts: isPackage }
  const restored = await remote.restore(entry)
  const plan = { kinds: ['container'], base, baseSource: 'a test', platform: PLATFORM, config: {}, labels: {} }
  const resolved = await resolvePlannedBase(plan as unknown as Plan, job)
  if (resolved === undefined) throw new Error('a base is no scratch')
  const fetched = await fetchPlannedBase(resolved, { kinds: ['container'] }, job)
  if (!restored) {
    await mkdir(packages, { recursive: true })
    await writeFile(join(packages, 'a.deb'), 'a package')
    await remote.save(entry)
  }
  const disk = join(folder, 'disk.raw')
  await writeFile(disk, 'a disk'.padEnd(4096, '\0'))
  const { digest } = await wrapDisk({
    disk,
    pathInImage: '/disk/a.raw',
    base: fetched,
    changes: {},
    compression: { algorithm: 'gzip' },
    platform: PLATFORM,
    annotations: {},
    epochSeconds: 0,
    layoutFolder: join(job.workFolder, 'layout'),
  })
  const found = await readFile(join(packages, 'a.deb'), 'utf8').catch(() => undefined)
  return { digest, warnings: report.warnings, ...(found === undefined ? {} : { package: found }) }
}

// As a process of its own, so that it is seen to end.
if (import.meta.main) process.stdout.write(JSON.stringify(await runCacheJob(JSON.parse(process.argv[2] ?? ''))))
