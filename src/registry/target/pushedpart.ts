import { InputError } from '../../errors.ts'
import type { Digest } from '../../oci/digest.ts'
import { checkedIndex, holdsIndex, type IndexPart, partOfIndex, partOfManifest } from '../../oci/index/indexpart.ts'
import { type PinnedReference, type Reference, referenceText, repositoryText } from '../../oci/reference.ts'
import type { Access } from '../access.ts'
import { only, type Purpose, RefusedError, readConfig, readManifest, targetPurpose } from '../skopeo.ts'

/**
 * Reads one of the images of a merge: its manifests and what says their platform, no layers.
 *
 * @throws InputError for the input `images` when it is not there, or not whole; RegistryError when the registry refuses;
 *   ImageError when it cannot be in an index
 */
export async function readPart(image: PinnedReference, access: Access): Promise<IndexPart> {
  const name = referenceText(image)
  const bytes = await readPinned(image, access, `${name} is not there: push it by digest before, or leave it out`)
  if (!holdsIndex(bytes, name)) {
    return partOfManifest(name, bytes, await readConfig(`docker://${name}`, access, purposeOf(name)))
  }
  const index = checkedIndex(name, bytes)
  const manifests = new Map<Digest, Uint8Array>()
  for (const { digest } of index.manifests) {
    const missing = `${name} is not there as a whole, its manifest ${digest} is missing: push it again`
    manifests.set(digest, await readPinned({ ...image, digest }, access, missing))
  }
  return partOfIndex(name, index, manifests)
}

/**
 * Makes sure that a repository has all that an index of these parts names.
 *
 * @throws InputError for the input `tags`; RegistryError when the registry refuses
 */
export async function requireEntries(
  repository: Pick<Reference, 'registry' | 'repository'>,
  parts: readonly IndexPart[],
  access: Access,
): Promise<void> {
  const name = repositoryText(repository)
  for (const { descriptor } of parts.flatMap(({ entries }) => entries)) {
    const image = { ...repository, digest: descriptor.digest }
    const missing = `${referenceText(image)} is not there: push the images to ${name} too, or leave out its tags`
    await readPinned(image, access, missing, 'tags')
  }
}

/** @param missing what to say where it is not there, of the input */
async function readPinned(
  image: PinnedReference,
  access: Access,
  missing: string,
  input: 'images' | 'tags' = 'images',
): Promise<Buffer> {
  const name = referenceText(image)
  const asking = { judge: only(image.digest) }
  return await readManifest(`docker://${name}`, access, purposeOf(name), asking).catch((error: unknown) => {
    if (!(error instanceof RefusedError) || error.refusal.kind !== 'missing') throw error
    throw new InputError([{ where: `input ${input}`, text: missing }])
  })
}

function purposeOf(name: string): Purpose {
  return targetPurpose(name, `the image ${name} cannot be read`)
}
