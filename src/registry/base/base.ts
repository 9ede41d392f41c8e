import { ImageError, RegistryError } from '../../errors.ts'
import { isJsonObject } from '../../json.ts'
import { baseLayers } from '../../oci/baseimage.ts'
import { type ImageConfig, parseConfig } from '../../oci/container/config.ts'
import type { Descriptor } from '../../oci/descriptor.ts'
import { type Digest, digestOf } from '../../oci/digest.ts'
import { parseDocument } from '../../oci/document.ts'
import { matchingDescriptor, parseIndex } from '../../oci/index/index.ts'
import { type Manifest, parseManifest } from '../../oci/manifest.ts'
import { type Platform, platformMatches, platformText } from '../../oci/platform.ts'
import type { Access } from '../access.ts'
import { inspectFlags } from '../access.ts'
import { only, type Purpose, RefusedError, readConfig, readManifest, runSkopeo } from '../skopeo.ts'
import { type ImageName, imageNameText, type RegistryName } from '../transport.ts'
import type { OpenBase } from './openbase.ts'

/** The reference container as it is now, for one platform. */
export interface ResolvedBase {
  /** For messages, as the user wrote it. */
  readonly name: string
  /** For the annotation base.name: `registry/repository:tag`, or what `publishedName` makes of a name on this machine. */
  readonly publishedName: string
  /** What to fetch: at a registry by digest, so that a tag that moves meanwhile changes nothing. */
  readonly pinned: ImageName
  readonly platform: Platform
  /** Of the manifest for the platform. */
  readonly digest: Digest
  /** As it came; only of a base at a registry, the others have theirs when they are fetched. */
  readonly manifest?: Manifest
  readonly config: ImageConfig
  /** Whether everybody can read it: what needed a login must not enter a cache that others can read. */
  readonly isPublic: boolean
}

/** Flags that choose from what holds several platforms; global ones. */
export function platformFlags(platform: Platform): readonly string[] {
  const { os, architecture, variant } = platform
  const flags = ['--override-os', os, '--override-arch', architecture]
  return variant === undefined ? flags : [...flags, '--override-variant', variant]
}

/** For the errors of whatever reads a base. */
export function basePurpose(name: string): Purpose {
  return { side: 'base', reference: name, failure: `the base ${name} cannot be read` }
}

/**
 * Asks what a base is now: manifest and config are read and checked against their digests, layers are not.
 *
 * @param asksPublic whether `isPublic` matters; else it is false and costs nothing
 * @throws RegistryError when it cannot be read or has no image for the platform; ImageError when what came is no image
 */
export async function resolveBase(
  base: OpenBase,
  platform: Platform,
  access: Access,
  asksPublic = false,
): Promise<ResolvedBase> {
  const { name, text, publishedName } = base
  const asked = name.transport === 'docker' ? name.reference.digest : undefined
  const asking = asked === undefined ? {} : { judge: only(asked) }
  const bytes = await readManifest(imageNameText(name), access, basePurpose(text), asking)
  const entry = chosenEntry(text, bytes, platform)
  const digest = entry?.digest ?? digestOf(bytes)
  const named = { name: text, publishedName, digest }
  if (name.transport !== 'docker') {
    // skopeo chooses once more: by the platform of our choice, and not by the one that was asked for.
    const chosen = entry?.platform ?? platform
    const config = await localConfig(
      base,
      chosen,
      entry ? undefined : parseManifest(bytes, undefined, subject(text)),
      access,
    )
    checkPlatform(text, config, platform)
    return { ...named, pinned: name, platform: chosen, config, isPublic: false }
  }
  const pinned = atDigest(name, digest)
  const manifest = entry
    ? await childManifest(text, pinned, entry, access)
    : parseManifest(bytes, undefined, subject(text))
  const config = await registryConfig(text, pinned, manifest, access)
  checkPlatform(text, config, platform)
  // What cannot be built on is told before a disk is built.
  baseLayers(manifest, config, `the base ${text}`)
  const isPublic = asksPublic && (await readableByAll(pinned, text, access))
  return { ...named, pinned, platform, manifest, config, isPublic }
}

type PinnedName = RegistryName & { readonly reference: { readonly digest: Digest } }

function atDigest(name: RegistryName, digest: Digest): PinnedName {
  const { registry, repository } = name.reference
  return { transport: 'docker', reference: { registry, repository, digest } }
}

function subject(name: string): string {
  return `the manifest of ${name}`
}

/** The entry of an index for the platform; undefined where the document is no index. */
function chosenEntry(name: string, bytes: Buffer, platform: Platform): Descriptor | undefined {
  const document = parseDocument(bytes, subject(name))
  if (document['schemaVersion'] === 1) {
    throw new ImageError('image-invalid', `the base ${name}`, [
      'its manifest has schema version 1, which registries gave up: push it again with a current tool',
    ])
  }
  if (!('manifests' in document)) return undefined
  const { manifests } = parseIndex(bytes, undefined, `the index of ${name}`)
  const entry = matchingDescriptor(manifests, platform)
  if (entry) return entry
  const offered = manifests.flatMap((each) => (each.platform ? [platformText(each.platform)] : []))
  const known = [...new Set(offered)].filter((each) => !each.startsWith('unknown/')).sort()
  throw noPlatform(name, platform, known)
}

function noPlatform(name: string, platform: Platform, offered: readonly string[]): RegistryError {
  const has = offered.length === 0 ? 'names no platform at all' : `has ${offered.join(', ')}`
  const message = `the base ${name} has no image for ${platformText(platform)}, it ${has}: choose another base, or set platform`
  return new RegistryError('registry-platform', message, { side: 'base', reference: name })
}

async function childManifest(name: string, pinned: PinnedName, entry: Descriptor, access: Access): Promise<Manifest> {
  const bytes = await readManifest(imageNameText(pinned), access, basePurpose(name), { judge: only(entry.digest) })
  const document = parseDocument(bytes, subject(name))
  // An old manifest says no media type itself: then the index has the word.
  const announced = isJsonObject(document) && 'mediaType' in document ? undefined : entry.mediaType
  return parseManifest(bytes, announced, subject(name))
}

async function registryConfig(
  name: string,
  pinned: PinnedName,
  manifest: Manifest,
  access: Access,
): Promise<ImageConfig> {
  const asking = { judge: only(manifest.config.digest) }
  const bytes = await readConfig(imageNameText(pinned), access, basePurpose(name), asking)
  return parseConfig(bytes, `the config of ${name}`)
}

/** @param manifest of what holds one image alone, to check against */
async function localConfig(
  { name, text }: OpenBase,
  platform: Platform,
  manifest: Manifest | undefined,
  access: Access,
): Promise<ImageConfig> {
  const flags = ['inspect', '--config', '--raw', ...inspectFlags(access)]
  const { stdout } = await runSkopeo(
    [...platformFlags(platform), ...flags, imageNameText(name)],
    access,
    basePurpose(text),
  )
  if (manifest !== undefined && digestOf(stdout) !== manifest.config.digest) {
    throw new ImageError('image-damaged', `the base ${text}`, [
      `its config is not the ${manifest.config.digest} that its manifest names`,
    ])
  }
  return parseConfig(stdout, `the config of ${text}`)
}

function checkPlatform(name: string, config: ImageConfig, platform: Platform): void {
  if (!platformMatches(config, platform)) throw noPlatform(name, platform, [platformText(config)])
}

async function readableByAll(pinned: PinnedName, name: string, access: Access): Promise<boolean> {
  const { authfile: _, ...anonymous } = access
  try {
    const args = ['inspect', '--raw', '--no-creds', ...inspectFlags(anonymous), imageNameText(pinned)]
    // Without an answer it just stays out of the shared cache: no wait is worth that.
    await runSkopeo(args, anonymous, basePurpose(name), { tries: 1 })
    return true
  } catch (error) {
    if (error instanceof RefusedError) return false
    throw error
  }
}
