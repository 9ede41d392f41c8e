import { readFile } from 'node:fs/promises'
import { RegistryError } from '../../errors.ts'
import { parseConfig } from '../../oci/container/config.ts'
import type { StoredImage } from '../../oci/store/storedimage.ts'
import type { Access } from '../access.ts'
import { loadArchive, readEngineImage } from '../engine.ts'
import { dockerArchive } from './dockerimage.ts'

/**
 * Loads an image into docker's engine under its names, and reads it back: each name has to stand for our layers.
 *
 * @param image as docker takes it
 * @param target for messages
 * @param names whole
 * @returns what the engine calls it: our digest where it keeps images in containerd, else that of the config
 * @throws RegistryError when the engine does not take it, or holds something else then; HostError when it does not answer;
 *   ImageError when a blob is damaged
 */
export async function loadIntoEngine(
  image: StoredImage,
  target: string,
  names: readonly string[],
  access: Access,
): Promise<string> {
  const refused = (code: 'registry-engine' | 'registry-read-back', why: string) =>
    new RegistryError(code, `the image cannot be written to ${target}: ${why}`, { side: 'target', reference: target })
  const config = image.blobs.find(({ digest }) => digest === image.manifest.config.digest)
  const diffIDs = parseConfig(await readFile(config?.file ?? '')).rootfs.diff_ids
  const said = await loadArchive(dockerArchive(image, names, access.signal), access)
  if (said !== undefined)
    throw refused('registry-engine', `docker's daemon refuses it (${said.trim().replaceAll(/\s*\n\s*/g, ' ')})`)
  const ids = new Set<string>()
  for (const name of names) {
    const found = await readEngineImage(name, access)
    if (found?.diffIDs.join() !== diffIDs.join()) {
      throw refused(
        'registry-read-back',
        `docker's daemon took it, but has ${found ? `other layers (${found.id})` : 'nothing'} under ${name}`,
      )
    }
    ids.add(found.id)
  }
  return [...ids].join(', ')
}
