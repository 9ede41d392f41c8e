import { RegistryError } from '../../errors.ts'
import type { Descriptor } from '../../oci/descriptor.ts'
import { digestOf } from '../../oci/digest.ts'
import type { Access } from '../access.ts'
import { copyImage, RefusedError, readBackPurpose, readManifest, targetPurpose } from '../skopeo.ts'
import { type Source, stageTree } from './staging.ts'

/**
 * Writes an image into the storage of podman, under each name; the layers are written once. Each name is read back and
 * must carry our digest.
 *
 * @param image the one of the source that is written
 * @param names as skopeo takes them, behind `containers-storage:`
 * @throws RegistryError when skopeo cannot write it, or the storage has another digest then; ImageError when the layout
 *   was changed
 */
export async function copyToStorage(
  source: Source,
  image: Descriptor,
  names: readonly string[],
  access: Access,
): Promise<void> {
  await using staging = await stageTree(source, access)
  for (const name of names) {
    const to = `containers-storage:${name}`
    const purpose = targetPurpose(to, `the image cannot be written to ${to}`)
    const copy = { from: staging.nameOf(image), to, flags: ['--quiet', '--preserve-digests'] }
    await copyImage(copy, access, purpose)
    const found = digestOf(
      await readManifest(to, access, readBackPurpose(to, `${to} was written but cannot be read back`)),
    )
    if (found === image.digest) continue
    const message = `${to} has ${found} now, not our ${image.digest}: somebody else wrote to it at the same time`
    throw new RegistryError('registry-read-back', message, { side: 'target', reference: to })
  }
}

/**
 * Why this user has no storage to write to, as skopeo says it; undefined when there is one.
 *
 * @param name as skopeo takes it, behind `containers-storage:`
 */
export async function storageProblem(name: string, access: Access): Promise<string | undefined> {
  const to = `containers-storage:${name}`
  try {
    await readManifest(to, access, targetPurpose(to, to))
    return undefined
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error
    // A storage that can be asked says that it has no such image; c/image storage/storage_reference.go.
    return /does not resolve to an image ID|identifier is not an image/.test(error.message)
      ? undefined
      : error.refusal.reason
  }
}
