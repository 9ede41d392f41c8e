import { ImageError } from '../../errors.ts'
import { artifactTypes } from '../artifact.ts'
import type { Descriptor } from '../descriptor.ts'
import { type Digest, digestOf } from '../digest.ts'
import { parseDocument } from '../document.ts'
import { type Manifest, mediaTypes, parseManifest } from '../manifest.ts'
import { type Platform, platformKey } from '../platform.ts'
import { type Index, parseIndex } from './index.ts'
import { indexRuleViolations, isMachineEntry } from './indexrules.ts'

/** One of several images that become one index: the manifests that it holds, as they are in its registry. */
export interface IndexPart {
  /** For messages: `ghcr.io/acme/x@sha256:…`. */
  readonly name: string
  /** In its own order, at least one. */
  readonly entries: readonly PartEntry[]
  /** Of its index; none where it is a single manifest. */
  readonly annotations: Readonly<Record<string, string>>
}

export interface PartEntry {
  /** With its platform. */
  readonly descriptor: Descriptor
  /** In the words of the input `kind`, as far as the manifest tells; with its type where the artifact is none of ours. */
  readonly kind: string
}

/** Whether the bytes hold an index; else they may be a manifest. Throws ImageError when they are no JSON object. */
export function holdsIndex(bytes: Uint8Array, name: string): boolean {
  return 'manifests' in parseDocument(bytes, name)
}

/**
 * The part that a single manifest is.
 *
 * @param config its bytes: whatever it configures, it says the platform
 * @throws ImageError when it cannot be in an index of ours: no OCI manifest, another config than it names, no platform
 */
export function partOfManifest(name: string, bytes: Uint8Array, config: Uint8Array): IndexPart {
  const manifest = parseManifest(bytes, undefined, name)
  const { digest } = manifest.config
  if (digestOf(config) !== digest)
    throw new ImageError('image-damaged', name, [`its config is not the ${digest} that it names`])
  const descriptor: Descriptor = {
    mediaType: manifest.mediaType,
    digest: digestOf(bytes),
    size: bytes.length,
    platform: platformIn(config, name),
  }
  const violations = indexRuleViolations([descriptor])
  if (violations.length > 0) throw new ImageError('image-invalid', name, violations)
  return { name, entries: [{ descriptor, kind: kindOf(descriptor, manifest) }], annotations: {} }
}

/**
 * The index of a part, before its manifests are read.
 *
 * @throws ImageError when it breaks a rule of our indexes
 */
export function checkedIndex(name: string, bytes: Uint8Array): Index {
  const index = parseIndex(bytes, undefined, name)
  const violations = indexRuleViolations(index.manifests)
  if (violations.length > 0) throw new ImageError('image-invalid', name, violations)
  return index
}

/**
 * The part that an index is, taken apart.
 *
 * @param manifests the bytes of each of its manifests
 * @throws ImageError when one of them is no manifest, or of another size
 */
export function partOfIndex(name: string, index: Index, manifests: ReadonlyMap<Digest, Uint8Array>): IndexPart {
  const entries = index.manifests.map((descriptor) => {
    const bytes = manifests.get(descriptor.digest) ?? new Uint8Array()
    if (bytes.length !== descriptor.size) {
      throw new ImageError('image-invalid', name, [
        `it says ${descriptor.size} bytes of ${descriptor.digest}, which has ${bytes.length}`,
      ])
    }
    const manifest = parseManifest(bytes, undefined, `${descriptor.digest} in ${name}`)
    return { descriptor, kind: kindOf(descriptor, manifest) }
  })
  return { name, entries, annotations: index.annotations ?? {} }
}

/** Why parts cannot become one index, as sentences with their names; empty when they can. */
export function partProblems(parts: readonly IndexPart[]): readonly string[] {
  return [...platformProblems(parts), ...kindProblems(parts)]
}

/** What a part is for, in Go's words: `linux/amd64`. */
export function partPlatforms({ entries }: IndexPart): readonly string[] {
  const names = entries.flatMap(({ descriptor: { platform } }) =>
    platform === undefined ? [] : [platformKey(platform)],
  )
  return [...new Set(names)]
}

function platformProblems(parts: readonly IndexPart[]): readonly string[] {
  const named = parts.flatMap((part) => partPlatforms(part).map((platform) => ({ platform, name: part.name })))
  return [...Map.groupBy(named, ({ platform }) => platform)].flatMap(([platform, same]) => {
    if (same.length === 1) return []
    return [`${same.map(({ name }) => name).join(' and ')} are for the same platform ${platform}: give one for each`]
  })
}

function kindProblems(parts: readonly IndexPart[]): readonly string[] {
  const kinds = parts.map(({ name, entries }) => ({
    name,
    kinds: [...new Set(entries.map(({ kind }) => kind))].sort().join(' and '),
  }))
  if (new Set(kinds.map((each) => each.kinds)).size <= 1) return []
  const each = kinds.map(({ name, kinds: own }) => `${name} has ${own}`).join(', ')
  return [`the images are not of the same kinds: ${each}: build all with the same kind`]
}

function kindOf(descriptor: Descriptor, { config, artifactType }: Manifest): string {
  if (isMachineEntry(descriptor)) return 'podman-machine'
  if (config.mediaType === mediaTypes.config || config.mediaType === mediaTypes.dockerConfig) return 'container'
  const type = artifactType ?? config.mediaType
  return type === artifactTypes.disk ? 'artifact' : `artifact of type ${type}`
}

function platformIn(config: Uint8Array, name: string): Platform {
  const { architecture, os, variant } = parseDocument(config, `the config of ${name}`)
  if (typeof architecture !== 'string' || typeof os !== 'string' || architecture === '' || os === '') {
    throw new ImageError('image-invalid', name, [
      'its config says no architecture and os, so nothing tells which platform it is for',
    ])
  }
  return { architecture, os, ...(typeof variant === 'string' && variant !== '' ? { variant } : {}) }
}
