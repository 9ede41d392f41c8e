import { CommandError } from '../../errors.ts'
import type { Descriptor } from '../../oci/descriptor.ts'
import { type Digest, digestOf } from '../../oci/digest.ts'
import { type Platform, platformText } from '../../oci/platform.ts'
import { repositoryOf } from '../../oci/reference.ts'
import type { Access } from '../access.ts'
import { AT_THE_MANIFEST } from '../phase.ts'
import type { Refusal } from '../refusal.ts'
import { copyImage, RefusedError, readBackPurpose, readManifest, targetPurpose } from '../skopeo.ts'
import { folderName } from '../transport.ts'
import { pushOrder } from './pushorder.ts'
import { type Source, type Staging, stageTree } from './staging.ts'

/** Where a format is named, a refused index is not tried again as Docker's list, which tells another error than the first. */
const INDEX_ALONE = ['--multi-arch=index-only', '--format=oci']

/**
 * Pushes an image, or an index with all it names, to all tags, one after another. Whatever is pushed is read back and must
 * carry our digest: skopeo's exit code says neither that a tag moved nor that it did not.
 *
 * @param onTag called for each tag that carries our digest now
 * @returns those tags, in the order of `tags`
 * @throws RegistryError at the first tag that does not carry our digest; ImageError when the layout was changed
 */
export async function pushImage(
  source: Source,
  tags: readonly string[],
  access: Access,
  onTag: (tag: string) => void = () => {},
): Promise<readonly string[]> {
  await using staging = await stageTree(source, access)
  const ready = new Set<string>()
  for (const tag of pushOrder(tags)) {
    const repository = repositoryOf(tag)
    if (!ready.has(repository)) await pushChildren(staging, repository, access)
    ready.add(repository)
    await pushManifest(staging, { descriptor: source.descriptor, to: tag }, access)
    onTag(tag)
  }
  return tags
}

/**
 * Pushes in the same way to no tag: who wants it asks for the digest.
 *
 * @param repository `registry/repository`
 * @returns `registry/repository@digest`
 * @throws what `pushImage` does
 */
export async function pushByDigest(source: Source, repository: string, access: Access): Promise<string> {
  await using staging = await stageTree(source, access)
  await pushChildren(staging, repository, access)
  const { descriptor } = source
  const to = `${repository}@${descriptor.digest}`
  await pushManifest(staging, { descriptor, to }, access)
  return to
}

/**
 * Pushes what an index names, so that it can follow. One by one and not by `--all`, with which skopeo 1.14 to 1.20 write
 * another index where a blob is packed by zstd (skopeo issue 2627).
 */
async function pushChildren(staging: Staging, repository: string, access: Access): Promise<void> {
  const { index, images } = staging.tree
  if (index === undefined) return
  for (const { descriptor } of images) {
    await pushManifest(staging, { descriptor, to: `${repository}@${descriptor.digest}` }, access)
  }
}

async function pushManifest(
  { tree, nameOf }: Staging,
  { descriptor, to }: { readonly descriptor: Descriptor; readonly to: string },
  access: Access,
): Promise<void> {
  const { digest, platform } = descriptor
  const isTop = digest === tree.descriptor.digest
  const child = isTop || platform === undefined ? {} : { platform }
  await pushDocument(
    { from: nameOf(descriptor), to, digest, isIndex: isTop && tree.index !== undefined, ...child },
    access,
  )
}

interface DocumentPush {
  /** What skopeo copies, in a layout. */
  readonly from: string
  /** `registry/repository`, with tag or digest. */
  readonly to: string
  readonly digest: Digest
  readonly isIndex: boolean
  /** Said of one of several. */
  readonly platform?: Platform
}

async function pushDocument({ from, to, digest, isIndex, platform }: DocumentPush, access: Access): Promise<void> {
  const flags = ['--quiet', '--preserve-digests', ...(isIndex ? INDEX_ALONE : [])]
  const purpose = targetPurpose(to, `the push to ${to} failed`)
  // Another try would move the tag once more, which somebody else may have moved meanwhile.
  const isSettled = async ({ kind, phase }: Refusal) =>
    (kind === 'still' || phase === AT_THE_MANIFEST) && (await carried(to, access, 1)) === digest
  try {
    await copyImage({ from, to: `docker://${to}`, flags }, access, purpose, { isSettled })
  } catch (error) {
    if (error instanceof CommandError && error.outcome.kind === 'signal')
      return await afterKill(error, to, digest, access)
    if (!(error instanceof RefusedError)) throw error
    // One that stood still has had its minutes already.
    const found = await carried(to, access, error.refusal.kind === 'still' ? 1 : 3)
    if (found !== digest)
      throw new RefusedError(error.purpose, error.refusal, { ...error.refused, ending: stateText(found) })
    access.report.info(`${error.message}; but ${to} carries ${digest}, so the push got through`)
    return
  }
  await confirm(to, digest, access)
  access.report.info(`pushed ${to}${platform === undefined ? '' : `, for ${platformText(platform)}`}`)
}

/** Somebody ended skopeo, or the system for want of memory: it is then asked how far it came. A cancel ends the question. */
async function afterKill(error: CommandError, to: string, digest: Digest, access: Access): Promise<void> {
  const found = await carried(to, access, 3)
  if (found === digest) {
    access.report.info(`${error.message}; but ${to} carries ${digest}, so the push got through`)
    return
  }
  access.report.warning(`the push to ${to} was cut off; ${stateText(found)}`)
  throw error
}

/**
 * Moves tags to an index whose manifests their repositories have, in the order of `pushImage`. A tag that carries it
 * already stays untouched.
 *
 * @param index in a layout that holds nothing else
 * @param onTag called for each tag that carries it now
 * @throws RegistryError at the first tag that does not carry it
 */
export async function pushIndex(
  index: { readonly layout: string; readonly name: string; readonly digest: Digest },
  tags: readonly string[],
  access: Access,
  onTag: (tag: string) => void,
): Promise<void> {
  const { layout, name, digest } = index
  for (const tag of pushOrder(tags)) {
    if ((await presentDigest(tag, access)) === digest) access.report.info(`${tag} is there already`)
    else await pushDocument({ from: folderName('oci', layout, name), to: tag, digest, isIndex: true }, access)
    onTag(tag)
  }
}

/** What a tag carries before a push; undefined where it cannot be read, as one that is new. */
async function presentDigest(tag: string, access: Access): Promise<Digest | undefined> {
  try {
    const purpose = targetPurpose(tag, `${tag} cannot be read`)
    return digestOf(await readManifest(`docker://${tag}`, access, purpose, { tries: 2 }))
  } catch (error) {
    if (error instanceof RefusedError) return undefined
    throw error
  }
}

/** What stands there after a push that failed; it is asked for less long than a push tries. */
async function carried(name: string, access: Access, tries: number): Promise<Digest | 'nothing' | undefined> {
  try {
    const purpose = targetPurpose(name, `what ${name} carries cannot be read`)
    return digestOf(await readManifest(`docker://${name}`, access, purpose, { tries }))
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error
    return error.refusal.kind === 'missing' ? 'nothing' : undefined
  }
}

function stateText(found: Digest | 'nothing' | undefined): string {
  if (found === undefined) return 'what it carries now cannot be read'
  return found === 'nothing' ? 'nothing is there now' : `it carries ${found} now`
}

/** Some registries answer from a copy that lags behind, so another answer is not the last word. */
async function confirm(to: string, digest: Digest, access: Access): Promise<void> {
  const judge = (answer: Buffer): Refusal | undefined => {
    const found = digestOf(answer)
    const reason = `it carries ${found} now, not our ${digest}; somebody else pushed at the same time, or the registry changes or drops what it gets`
    return found === digest ? undefined : { kind: 'read-back', reason, transient: true }
  }
  const purpose = readBackPurpose(to, `${to} was pushed but cannot be read back`)
  try {
    await readManifest(`docker://${to}`, access, purpose, { judge })
  } catch (error) {
    if (!(error instanceof RefusedError) || error.refusal.kind !== 'read-back') throw error
    throw new RefusedError({ ...purpose, failure: `the push to ${to} had no effect` }, error.refusal, error.refused)
  }
}
