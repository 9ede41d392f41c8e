import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { BlobStore } from '../cache/blobs.ts'
import type { EntryFile } from '../cache/cache.ts'
import { baseKey } from '../cache/key.ts'
import { RegistryError } from '../errors.ts'
import type { BaseImage } from '../oci/baseimage.ts'
import { digestHex } from '../oci/digest.ts'
import { checkBase } from '../oci/layer/basecheck.ts'
import { diskPlace } from '../oci/layer/diskplace.ts'
import { platformText } from '../oci/platform.ts'
import { baseLabelProblem, baseLayerProblem } from '../plan/containerdisk.ts'
import type { Plan } from '../plan/plan.ts'
import { type ResolvedBase, resolveBase } from '../registry/base/base.ts'
import { fetchBase } from '../registry/base/fetch.ts'
import { openBase } from '../registry/base/openbase.ts'
import type { Job } from './job.ts'

const KEPT_DAYS = 30

/**
 * Asks what the plan's base is now, before anything is built on it.
 *
 * @returns undefined for `scratch`
 * @throws RegistryError when it is no container, cannot be read, is not for the platform, or cannot be what a kind asks for
 */
export async function resolvePlannedBase(plan: Plan, job: Job): Promise<ResolvedBase | undefined> {
  const base = await openBase(plan.base, archiveFolder(job), job.access)
  if (base === 'scratch') return undefined
  // Only what everybody can read may go where others can read it.
  const resolved = await resolveBase(base, plan.platform, job.access, job.caches.remote !== undefined)
  refuse(resolved, baseLabelProblem(plan, resolved.config.config) ?? baseLayerProblem(plan, resolved.manifest))
  job.report.info(
    `Base: ${resolved.publishedName} is ${resolved.digest} for ${platformText(plan.platform)} (from ${plan.baseSource})`,
  )
  return resolved
}

/** Where a packed archive is unpacked. */
function archiveFolder(job: Job): string {
  return join(job.workFolder, 'base-archive')
}

/**
 * Fetches the layers of the base, from the caches where they are there, and makes sure that the disk can go on them. Every
 * layer is hashed, wherever it comes from.
 *
 * @throws RegistryError when a layer cannot be had, or when the base has something where the disk goes, or cannot be what
 *   a kind asks for; ImageError when a layer is not the one that the base's config names
 */
export async function fetchPlannedBase(
  resolved: ResolvedBase,
  plan: Pick<Plan, 'diskPath' | 'kinds'>,
  job: Job,
): Promise<BaseImage> {
  const base = await fetchFromCaches(resolved, job)
  await rm(archiveFolder(job), { recursive: true, force: true })
  refuse(resolved, baseLayerProblem(plan, base.manifest))
  await checkBase(base, diskPlace(plan.diskPath, plan.kinds.includes('kubevirt')), job.signal)
  return base
}

/** @param problem the end of a sentence about the base; none where left out */
function refuse({ name }: ResolvedBase, problem: string | undefined): void {
  if (problem !== undefined)
    throw new RegistryError('registry-unfit', `the base ${name} ${problem}`, { side: 'base', reference: name })
}

/** Whether a file of a cache's entry is a layer of this base, under its name, with its content. */
function layersOf({ manifest }: ResolvedBase): (file: EntryFile) => boolean {
  const sizes = new Map(manifest?.layers.map(({ digest, size }) => [digestHex(digest), size]))
  return ({ path, sizeBytes, sha256 }) => path === `blobs/sha256/${sha256}` && sizes.get(sha256) === sizeBytes
}

async function fetchFromCaches(resolved: ResolvedBase, job: Job): Promise<BaseImage> {
  const { caches, report } = job
  const nowMilliseconds = job.machine.now()
  const into = join(job.workFolder, 'base')
  if (caches.folder === undefined) return fetchBase(resolved, into, undefined, job.access)
  // One folder for each base where it travels to a cache that others can read: nothing of another base goes with it.
  const folder = caches.remote ? join(caches.folder, 'base', digestHex(resolved.digest)) : join(caches.folder, 'base')
  const store = new BlobStore(folder, nowMilliseconds, report)
  const remote = resolved.isPublic ? caches.remote : undefined
  const accepts = layersOf(resolved)
  const entry = { key: baseKey(resolved.digest), folder, what: `the base ${resolved.name}`, accepts }
  const restored = remote !== undefined && (await remote.restore(entry))
  const base = await fetchBase(resolved, into, store, job.access)
  if (!restored) await remote?.save(entry)
  await store.prune(KEPT_DAYS, nowMilliseconds)
  return base
}
