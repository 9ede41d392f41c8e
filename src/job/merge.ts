import { join } from 'node:path'
import { InputError } from '../errors.ts'
import type { LevelledAnnotation } from '../oci/annotations.ts'
import type { Digest } from '../oci/digest.ts'
import type { ImageIndex } from '../oci/index/imageindex.ts'
import { type IndexPart, partPlatforms, partProblems } from '../oci/index/indexpart.ts'
import { mergedIndex, unusedAnnotations } from '../oci/index/mergedindex.ts'
import { platformText } from '../oci/platform.ts'
import { repositoryText } from '../oci/reference.ts'
import { createLayout, namedDescriptors, putBlob, writeIndex } from '../oci/store/layout.ts'
import type { MergePlan } from '../plan/merging.ts'
import type { Access } from '../registry/access.ts'
import { requireSkopeo } from '../registry/skopeo.ts'
import { pushIndex } from '../registry/target/push.ts'
import { readPart, requireEntries } from '../registry/target/pushedpart.ts'
import { type Published, reachedTags } from './result.ts'

export interface MergeJob {
  readonly plan: MergePlan
  readonly access: Access
  /** Of this job: a layout is made in it. */
  readonly workFolder: string
  /** Told after each tag what carries the digest by then: it stays true when a later one fails. */
  readonly onProgress: (merged: Merged) => void
}

export interface Merged extends Pick<Published, 'tags' | 'image'> {
  /** Of the index. */
  readonly digest: Digest
}

const INDEX_NAME = 'index'

/**
 * Makes one index of images that are in a registry and moves the tags to it. Nothing is written before everything is read
 * and found right.
 *
 * @throws InputError when the images are not there or do not go together; RegistryError, ImageError, HostError; what was
 *   reached before stands in the last `onProgress`
 */
export async function mergeImages(job: MergeJob): Promise<Merged> {
  const { plan, access, workFolder, onProgress } = job
  const { report } = access
  await requireSkopeo(access)
  report.group('Images')
  const parts = await readParts(plan, access)
  const merged = mergedIndex(parts, plan.annotations)
  for (const line of mergeLines(merged, parts, plan.annotations)) report.info(line)
  report.group('Push')
  const { digest } = merged.descriptor
  const carrying = new Set<string>()
  let reached: Merged = { digest, image: '', tags: [] }
  onProgress(reached)
  const layout = await layoutOf(merged, workFolder)
  await pushIndex({ layout, name: INDEX_NAME, digest }, plan.tags, access, (tag) => {
    carrying.add(tag)
    reached = { digest, ...reachedTags(plan.tags, carrying, digest) }
    onProgress(reached)
  })
  report.endGroup()
  return reached
}

async function readParts(plan: MergePlan, access: Access): Promise<readonly IndexPart[]> {
  const read: { readonly repository: string; readonly part: IndexPart }[] = []
  for (const image of plan.images) {
    read.push({ repository: repositoryText(image), part: await readPart(image, access) })
  }
  const parts = read.map(({ part }) => part)
  const problems = partProblems(parts)
  if (problems.length > 0) throw new InputError(problems.map((text) => ({ where: 'input images', text })))
  for (const target of plan.repositories) {
    const elsewhere = read.filter(({ repository }) => repository !== repositoryText(target))
    await requireEntries(
      target,
      elsewhere.map(({ part }) => part),
      access,
    )
  }
  return parts
}

/** What the index holds, and which annotations it does not. */
function mergeLines(
  { index }: ImageIndex,
  parts: readonly IndexPart[],
  annotations: readonly LevelledAnnotation[],
): readonly string[] {
  const kinds = new Map(
    parts.flatMap(({ entries }) => entries.map(({ descriptor, kind }) => [descriptor.digest, kind] as const)),
  )
  const entries = index.manifests.map(({ digest, platform }) => {
    const name = platform === undefined ? '' : platformText(platform)
    return `${name} ${kinds.get(digest)} ${digest}`
  })
  const unused = unusedAnnotations(parts, annotations)
  if (unused.length === 0) return entries
  const names = [...new Set(unused.map(({ key }) => key))].join(', ')
  const platforms = [...new Set(parts.flatMap(partPlatforms))].join(', ')
  const reason = `a merge writes those of index and manifest-descriptor, for ${platforms}, and changes no manifest`
  return [...entries, `Annotations left out: ${names} (${reason})`]
}

async function layoutOf({ bytes, descriptor }: ImageIndex, workFolder: string): Promise<string> {
  const layout = await createLayout(join(workFolder, 'layout'))
  await putBlob(layout, bytes)
  await writeIndex(layout, namedDescriptors(descriptor, [{ ref: INDEX_NAME }]))
  return layout.folder
}
