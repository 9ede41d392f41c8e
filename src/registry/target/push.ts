import { RegistryError } from '../../errors.ts'
import { type Digest, digestOf } from '../../oci/digest.ts'
import { parseReference } from '../../oci/reference.ts'
import { readUnchangedManifest } from '../../oci/store/storedimage.ts'
import type { Access } from '../access.ts'
import { hasLogin } from '../login/login.ts'
import type { RefusalKind } from '../refusal.ts'
import { copyImage, type Purpose, RefusedError, readManifest } from '../skopeo.ts'
import { folderName } from '../transport.ts'

/** An image of ours in a layout. */
export interface Source {
  /** The folder of the layout. */
  readonly layout: string
  /** Its name in index.json. */
  readonly reference: string
  /** Of its manifest. */
  readonly digest: Digest
}

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
 * Pushes an image to all tags, one after another. Each tag is read back and must carry our digest: skopeo's exit code
 * says neither that a tag moved nor that it did not.
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
  for (const tag of pushOrder(tags)) {
    await pushTag(source, tag, access)
    onTag(tag)
  }
  return tags
}

/** Pushes to one tag, `registry/repository:tag`. Throws what `pushImage` does. */
export async function pushTag(source: Source, tag: string, access: Access): Promise<void> {
  const { layout, reference, digest } = source
  // skopeo pushes a changed manifest without a word, under a digest of its own.
  await readUnchangedManifest(layout, digest)
  const copy = {
    from: folderName('oci', layout, reference),
    to: `docker://${tag}`,
    flags: ['--quiet', '--preserve-digests'],
  }
  try {
    await copyImage(copy, access, purpose(tag, `the push to ${tag} failed`))
  } catch (error) {
    if (!(error instanceof RefusedError) || (await carried(tag, access).catch(() => undefined)) !== digest) throw error
    access.report.info(`${error.message}; but ${tag} carries ${digest}, so the push got through`)
    return
  }
  const found = await carried(tag, access)
  if (found === digest) {
    access.report.info(`pushed ${tag}`)
    return
  }
  const message = `the push to ${tag} had no effect: it carries ${found} now, not our ${digest}; somebody else pushed at the same time, or the registry changes or drops what it gets`
  throw new RegistryError(message, { side: 'target', reference: tag })
}

/**
 * Asks each registry once whether it is there, before an hour of building.
 *
 * @throws RegistryError when one refuses the connection, has no address or no trusted certificate, is no registry, or does
 *   not accept the login, or wants one where there is none. A repository that is not there, or denied, is no error here:
 *   some registries say so of new ones.
 */
export async function checkTargets(tags: readonly string[], access: Access): Promise<void> {
  const firsts = new Map<string, string>()
  for (const tag of tags) {
    const parsed = parseReference(tag)
    const registry = typeof parsed === 'string' ? tag : parsed.registry
    if (!firsts.has(registry)) firsts.set(registry, tag)
  }
  for (const [registry, tag] of firsts) {
    try {
      await readManifest(`docker://${tag}`, access, purpose(tag, `the registry ${registry} cannot be reached`))
    } catch (error) {
      if (!(error instanceof RefusedError) || !ANSWERS.has(error.refusal.kind)) throw error
      if (error.refusal.kind === 'login') throw await loginError(tag, registry, access, error)
    }
  }
}

/** Who has to log in to read has to log in to push. (Of new repositories registries say "denied", which passes.) */
async function loginError(
  tag: string,
  registry: string,
  access: Access,
  { detail }: RefusedError,
): Promise<RegistryError> {
  const parsed = parseReference(tag)
  const known = typeof parsed !== 'string' && (await hasLogin(access, parsed))
  const message = known
    ? `the login for ${registry} is not accepted: log in again`
    : `${registry} wants a login for ${tag}, and there is none: give username and password, or log in before`
  return new RegistryError(message, { side: 'target', reference: tag, detail })
}

async function carried(tag: string, access: Access): Promise<Digest> {
  return digestOf(
    await readManifest(`docker://${tag}`, access, purpose(tag, `${tag} was pushed but cannot be read back`)),
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
