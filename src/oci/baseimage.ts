import { ImageError, RegistryError } from '../errors.ts'
import type { ImageConfig } from './container/config.ts'
import type { Descriptor } from './descriptor.ts'
import type { Digest } from './digest.ts'
import { LAYER_LIMIT, type Manifest, ociManifestFrom } from './manifest.ts'
import { type Platform, platformMatches, platformText } from './platform.ts'

/** The reference container, for one platform, with its layers as files on this machine. */
export interface BaseImage {
  /** As it came, OCI or Docker v2s2. */
  readonly manifest: Manifest
  readonly config: ImageConfig
  /** Digest to file on this machine, for every layer at least. */
  readonly blobs: ReadonlyMap<Digest, string>
  /** For messages, as the user wrote it. */
  readonly name: string
  /** For the annotation base.name. */
  readonly publishedName: string
  /** Of the resolved manifest at its place. */
  readonly digest: Digest
}

/**
 * The layers of a base in OCI's terms.
 *
 * @throws ImageError when the base cannot be built upon: diff IDs and layers differ in number, a foreign layer, an
 *   artifact; RegistryError when it is for another platform
 */
export function checkedLayers(base: BaseImage, wanted: Platform): readonly Descriptor[] {
  const subject = `the base ${base.name}`
  if (!platformMatches(base.config, wanted)) {
    const [has, asked] = [platformText(base.config), platformText(wanted)]
    const message = `base ${base.name} is for ${has}, asked for ${asked}: choose another base, or set platform to ${has}`
    throw new RegistryError('registry-platform', message, { side: 'base', reference: base.name })
  }
  return baseLayers(base.manifest, base.config, subject)
}

/**
 * The layers of an image in OCI's terms, where one more can go on them.
 *
 * @throws ImageError as `checkedLayers` does, and when there is no room for a layer more
 */
export function baseLayers(manifest: Manifest, config: ImageConfig, subject: string): readonly Descriptor[] {
  const { layers } = ociManifestFrom(manifest, subject)
  const diffIDs = config.rootfs.diff_ids.length
  if (diffIDs !== layers.length) {
    throw new ImageError('image-invalid', subject, [`its config has ${diffIDs} diff IDs for ${layers.length} layers`])
  }
  if (layers.length >= LAYER_LIMIT) {
    const text = `it has ${layers.length} layers, and with that of the disk an image has at most ${LAYER_LIMIT}`
    throw new ImageError('image-invalid', subject, [text])
  }
  return layers
}
