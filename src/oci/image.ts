import { type BaseImage, checkedLayers } from './baseimage.ts'
import { type ConfigChanges, changedConfig, type ImageConfig } from './container/config.ts'
import type { Descriptor } from './descriptor.ts'
import { digestOf } from './digest.ts'
import { documentBytes, sortedRecord } from './document.ts'
import { rfc3339 } from './epoch.ts'
import type { Layer } from './layer/layer.ts'
import { type Manifest, mediaTypes } from './manifest.ts'
import type { Platform } from './platform.ts'

/** An image as it will be written: the documents, their bytes, and the descriptor that names it. */
export interface Image {
  readonly manifest: Manifest
  readonly manifestBytes: Buffer
  readonly config: ImageConfig
  readonly configBytes: Buffer
  /** Of the manifest, with the platform of the config. */
  readonly descriptor: Descriptor
}

/** What is said about an image beside its layers. */
export interface ImageFacts {
  readonly platform: Platform
  readonly changes: ConfigChanges
  readonly epochSeconds: number
  readonly createdBy: string
  readonly title?: string
  readonly version?: string
  /** The user's, which win over ours. */
  readonly annotations: Readonly<Record<string, string>>
}

/**
 * The image of a base's layers, untouched, with one layer on top; without a base that layer alone. The base's own
 * manifest annotations are about the base and do not go on.
 *
 * @throws what `checkedLayers` does
 */
export function append(base: BaseImage | undefined, layer: Layer, facts: ImageFacts): Image {
  const baseLayers = base === undefined ? [] : checkedLayers(base, facts.platform)
  const { diffID, mediaType, digest, size } = layer
  const config = changedConfig(base?.config, { ...facts, diffID })
  const configBytes = documentBytes(config)
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: { mediaType: mediaTypes.config, digest: digestOf(configBytes), size: configBytes.length },
    layers: [...baseLayers, { mediaType, digest, size }],
    annotations: defaultAnnotations(facts, base),
  }
  const manifestBytes = documentBytes(manifest)
  const { os, architecture, variant } = config
  const descriptor: Descriptor = {
    mediaType: mediaTypes.manifest,
    digest: digestOf(manifestBytes),
    size: manifestBytes.length,
    platform: { architecture, os, ...(variant === undefined ? {} : { variant }) },
  }
  return { manifest, manifestBytes, config, configBytes, descriptor }
}

/**
 * What is said of every image and artifact of ours, under the user's annotations; image-spec annotations.md, "Pre-Defined
 * Annotation Keys".
 */
export function defaultAnnotations(
  facts: Pick<ImageFacts, 'epochSeconds' | 'title' | 'version' | 'annotations'>,
  base?: Pick<BaseImage, 'publishedName' | 'digest'>,
): Readonly<Record<string, string>> {
  const { title, version } = facts
  const own: Readonly<Record<string, string | undefined>> = {
    'org.opencontainers.image.created': rfc3339(facts.epochSeconds),
    'org.opencontainers.image.title': title,
    'org.opencontainers.image.version': version,
    'org.opencontainers.image.base.name': base?.publishedName,
    'org.opencontainers.image.base.digest': base?.digest,
  }
  const all = new Map([...Object.entries(own), ...Object.entries(facts.annotations)])
  return sortedRecord([...all].filter((entry): entry is [string, string] => entry[1] !== undefined))
}
