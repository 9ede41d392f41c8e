import { RegistryError } from '../../errors.ts'
import type { Descriptor } from '../../oci/descriptor.ts'
import { type Digest, digestOf } from '../../oci/digest.ts'
import { type Platform, platformText } from '../../oci/platform.ts'
import { parseReference, repositoryOf } from '../../oci/reference.ts'
import type { Access } from '../access.ts'
import { hasLogin } from '../login/login.ts'
import type { RefusalKind } from '../refusal.ts'
import { copyImage, type Purpose, RefusedError, readManifest } from '../skopeo.ts'
import { folderName } from '../transport.ts'
import { checkStagingPlace, type Source, type Staging, stageTree } from './staging.ts'

/** Where a format is named, a refused index is not tried again as Docker's list, which tells another error than the first. */
const INDEX_ALONE = ['--multi-arch=index-only', '--format=oci']

/** Answers that say nothing against a push: registries give them for repositories that a push creates. */
const ANSWERS: ReadonlySet<RefusalKind> = new Set<RefusalKind>([
  'login',
  'hidden',
  'denied',
  'missing',
  'rate',
  'size',
  'other',
])

/**
 * Least specific tags last, so that what people follow moves when everything else is in place: versions by falling
 * number of components, then other names, then `latest`. Else the given order.
 */
export function pushOrder(tags: readonly string[]): readonly string[] {
  return tags.toSorted((one, other) => specificity(other) - specificity(one))
}

/** What a push would do, for jobs that do not push. */
export function describePush(tags: readonly string[]): readonly string[] {
  if (tags.length === 0) return []
  return ['nothing is pushed: push is false; it would go to', ...pushOrder(tags).map((tag) => `  ${tag}`)]
}

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
  try {
    await copyImage({ from, to: `docker://${to}`, flags }, access, purpose(to, `the push to ${to} failed`))
  } catch (error) {
    if (!(error instanceof RefusedError) || (await carried(to, access).catch(() => undefined)) !== digest) throw error
    access.report.info(`${error.message}; but ${to} carries ${digest}, so the push got through`)
    return
  }
  const found = await carried(to, access)
  if (found === digest) {
    access.report.info(`pushed ${to}${platform === undefined ? '' : `, for ${platformText(platform)}`}`)
    return
  }
  const message = `the push to ${to} had no effect: it carries ${found} now, not our ${digest}; somebody else pushed at the same time, or the registry changes or drops what it gets`
  throw new RegistryError(message, { side: 'target', reference: to })
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
    return digestOf(await readManifest(`docker://${tag}`, access, purpose(tag, `${tag} cannot be read`)))
  } catch (error) {
    if (error instanceof RefusedError) return undefined
    throw error
  }
}

/**
 * Asks each registry once whether it is there, before an hour of building.
 *
 * @param references tags, or repositories without one
 * @throws RegistryError when one refuses the connection, has no address or no trusted certificate, is no registry, or does
 *   not accept the login, or wants one where there is none. A repository that is not there, or denied, is no error here:
 *   some registries say so of new ones.
 * @throws HostError when skopeo cannot push from the folder of the job
 */
export async function checkTargets(references: readonly string[], access: Access): Promise<void> {
  if (references.length > 0) checkStagingPlace(access)
  const firsts = new Map<string, string>()
  for (const reference of references) {
    const parsed = parseReference(reference)
    const registry = typeof parsed === 'string' ? reference : parsed.registry
    if (!firsts.has(registry)) firsts.set(registry, reference)
  }
  for (const [registry, first] of firsts) {
    try {
      await readManifest(`docker://${first}`, access, purpose(first, `the registry ${registry} cannot be reached`))
    } catch (error) {
      if (!(error instanceof RefusedError) || !ANSWERS.has(error.refusal.kind)) throw error
      if (error.refusal.kind === 'login') throw await loginError(first, registry, access, error)
    }
  }
}

/** Who has to log in to read has to log in to push. (Of new repositories registries say "denied", which passes.) */
async function loginError(
  reference: string,
  registry: string,
  access: Access,
  { detail }: RefusedError,
): Promise<RegistryError> {
  const parsed = parseReference(reference)
  const known = typeof parsed !== 'string' && (await hasLogin(access, parsed))
  const message = known
    ? `the login for ${registry} is not accepted: log in again`
    : `${registry} wants a login for ${reference}, and there is none: give username and password, or log in before`
  return new RegistryError(message, { side: 'target', reference, detail })
}

async function carried(name: string, access: Access): Promise<Digest> {
  return digestOf(
    await readManifest(`docker://${name}`, access, purpose(name, `${name} was pushed but cannot be read back`)),
  )
}

function purpose(reference: string, failure: string): Purpose {
  return { side: 'target', reference, failure }
}

function specificity(reference: string): number {
  const parsed = parseReference(reference)
  const tag = typeof parsed === 'string' ? undefined : parsed.tag
  if (tag === undefined || tag === 'latest') return -1
  const version = /^v?(\d+(?:\.\d+)*)(?![A-Za-z0-9])/.exec(tag)?.[1]
  return version === undefined ? 0 : version.split('.').length
}
