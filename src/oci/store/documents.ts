import type { JsonObject } from '../../json.ts'
import { DISK_CONFIG } from '../artifact.ts'
import { type ImageConfig, parseConfig } from '../container/config.ts'
import type { Descriptor } from '../descriptor.ts'
import { parseDocument } from '../document.ts'
import { parseIndex } from '../index/index.ts'
import { indexRuleViolations } from '../index/indexrules.ts'
import { type Manifest, mediaTypes, parseManifest } from '../manifest.ts'
import { attempt } from './attempt.ts'
import { documentContent } from './content.ts'
import { blobPath } from './layout.ts'

/** The documents of one image or artifact, as far as they can be read. */
export interface Documents {
  /** In `index.json`, or in the index that names it. */
  readonly descriptor: Descriptor
  /** Where the descriptor stands. */
  readonly namedBy: 'index.json' | 'its index'
  readonly manifest?: Manifest
  /** Of an image. */
  readonly config?: ImageConfig
  /** Of an artifact. */
  readonly artifactConfig?: JsonObject
}

/** The documents that descriptors name, and what is wrong with them one by one. */
export interface Found {
  readonly images: readonly Documents[]
  readonly violations: readonly string[]
}

/**
 * Reads what an entry of `index.json` names: one image or artifact, or an index of them, which holds no further index.
 * Errors of the file system other than missing files are passed on.
 */
export async function documentsOf(folder: string, entry: Descriptor): Promise<Found> {
  if (entry.mediaType !== mediaTypes.index) return await manifestOf(folder, entry, 'index.json')
  const subject = `index ${entry.digest}`
  const read = await documentContent(blobPath(folder, entry.digest), entry)
  const parsed = attempt(read.bytes, (bytes) => parseIndex(bytes, entry.mediaType, subject))
  const { manifests = [] } = parsed.value ?? {}
  const found = await Promise.all(
    manifests
      .filter(({ mediaType }) => mediaType === mediaTypes.manifest)
      .map((child) => manifestOf(folder, child, 'its index')),
  )
  const own = [
    ...(entry.platform === undefined ? [] : ['it has a platform in index.json, which its entries have']),
    ...read.violations,
    ...parsed.violations,
    ...(parsed.value === undefined ? [] : indexRuleViolations(manifests)),
  ]
  return {
    images: found.flatMap(({ images }) => images),
    violations: [...lines(subject, own), ...found.flatMap(({ violations }) => violations)],
  }
}

async function manifestOf(folder: string, descriptor: Descriptor, namedBy: Documents['namedBy']): Promise<Found> {
  const subject = `manifest ${descriptor.digest}`
  if (descriptor.mediaType !== mediaTypes.manifest) {
    const violations = lines(subject, [`has the media type ${descriptor.mediaType} in ${namedBy}`])
    return { images: [{ descriptor, namedBy }], violations }
  }
  const read = await documentContent(blobPath(folder, descriptor.digest), descriptor)
  const parsed = attempt(read.bytes, (bytes) => parseManifest(bytes, descriptor.mediaType, subject))
  const violations = lines(subject, [...read.violations, ...parsed.violations])
  if (parsed.value === undefined) return { images: [{ descriptor, namedBy }], violations }
  const { violations: ofConfig, ...configs } = await configOf(folder, parsed.value.config)
  const image = { descriptor, namedBy, manifest: parsed.value, ...configs }
  return { images: [image], violations: [...violations, ...ofConfig] }
}

type Configs = Pick<Documents, 'config' | 'artifactConfig'> & Pick<Found, 'violations'>

async function configOf(folder: string, descriptor: Descriptor): Promise<Configs> {
  const { digest, mediaType } = descriptor
  const subject = `config ${digest}`
  const read = await documentContent(blobPath(folder, digest), descriptor)
  if (mediaType === DISK_CONFIG) {
    const parsed = attempt(read.bytes, (bytes) => parseDocument(bytes, subject))
    const violations = lines(subject, [...read.violations, ...parsed.violations])
    return { violations, ...(parsed.value === undefined ? {} : { artifactConfig: parsed.value }) }
  }
  const isConfig = mediaType === mediaTypes.config
  const parsed = attempt(isConfig ? read.bytes : undefined, (bytes) => parseConfig(bytes, subject))
  const own = isConfig ? [] : [`has the media type ${mediaType}, no OCI config`]
  const violations = lines(subject, [...own, ...read.violations, ...parsed.violations])
  return { violations, ...(parsed.value === undefined ? {} : { config: parsed.value }) }
}

function lines(subject: string, violations: readonly string[]): readonly string[] {
  return violations.map((violation) => `${subject}: ${violation}`)
}
