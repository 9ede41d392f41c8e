import { dirname, join, resolve } from 'node:path'
import type { Plan } from '../plan/plan.ts'
import type { Access } from '../registry/access.ts'
import { exportImage } from '../registry/target/export.ts'
import { pushByDigest, pushImage } from '../registry/target/push.ts'
import { describePush } from '../registry/target/pushorder.ts'
import { type ImageName, parseDestination } from '../registry/transport.ts'
import type { Report } from '../report.ts'
import { type Built, type Published, reachedTags, UNPUBLISHED } from './result.ts'
import type { Stopwatch } from './stopwatch.ts'

export interface PublishJob {
  readonly plan: Plan
  readonly built: Built
  readonly access: Access
  readonly report: Report
  readonly stopwatch: Stopwatch
  /** Told after each step what carries the digest by then: it stays true when a later one fails. */
  readonly onProgress: (published: Published) => void
}

/**
 * Writes the image to where it goes: exports first, so that a tag moves only when all else is done.
 *
 * @throws RegistryError, ImageError, HostError; what was reached before stands in the last `onProgress`
 */
export async function publishImage(job: PublishJob): Promise<Published> {
  const { plan, built, access, report, stopwatch, onProgress } = job
  const source = { layout: built.layout, descriptor: built.descriptor, names: plan.names }
  let published = UNPUBLISHED
  const reached = (change: Partial<Published>) => {
    published = { ...published, ...change }
    onProgress(published)
  }
  if (plan.exports.length > 0) {
    report.group('Export')
    await stopwatch.time('Export', () =>
      exportImage(source, plannedDestinations(plan), access, (count) =>
        reached({ exports: plan.exports.slice(0, count) }),
      ),
    )
    report.endGroup()
  }
  const { pushByDigest: repository } = plan
  if (repository !== undefined) {
    report.group('Push')
    reached({ image: await stopwatch.time('Push', () => pushByDigest(source, repository, access)) })
    report.endGroup()
    return published
  }
  if (!plan.push) {
    for (const line of describePush(plan.tags)) report.info(line)
    return published
  }
  report.group('Push')
  await stopwatch.time('Push', () =>
    pushImage(source, plan.tags, access, (tag) => {
      reached(reachedTags(plan.tags, new Set([...published.tags, tag]), built.digest))
    }),
  )
  report.endGroup()
  return published
}

/** Folders in which exports write files and folders under names of their own, until they are whole; absolute. */
export function exportFolders(plan: Plan): readonly string[] {
  const paths = plannedDestinations(plan).flatMap((name) => {
    const isOurs = ['oci', 'oci-archive', 'dir', 'docker-archive'].includes(name.transport)
    return isOurs && 'path' in name ? [resolve(name.path)] : []
  })
  return [...new Set(paths.flatMap((path) => [dirname(path), path, join(path, 'blobs/sha256')]))]
}

/** Where the plan's exports go. */
export function plannedDestinations(plan: Plan): readonly ImageName[] {
  return plan.exports.map((text) => {
    const name = parseDestination(text)
    if ('problem' in name) throw new Error(`the plan holds a destination that is none: ${name.problem}`)
    return name
  })
}
