import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { ImageError } from '../../errors.ts'
import { type ImageConfig, parseConfig } from '../container/config.ts'
import { layerSteps } from '../container/history.ts'
import type { Descriptor } from '../descriptor.ts'
import { type Digest, digestHex } from '../digest.ts'
import { DOCUMENT_LIMIT_BYTES, isJsonObject, parseDocument } from '../document.ts'
import { type Index, parseIndex } from '../index.ts'
import { type Manifest, mediaTypes, parseManifest } from '../manifest.ts'
import { platformText } from '../platform.ts'
import { isRefName } from '../refname.ts'
import { blobContent, documentContent, layerContent } from './content.ts'

export interface ValidationOptions {
  /** How many layers are read at the same time; 2 where left out. */
  readonly concurrency?: number
  /** diff IDs of layers that were unpacked, or made, by whoever asks: of these the bytes are hashed as they are, no more. */
  readonly known?: ReadonlyMap<Digest, Digest>
  readonly signal?: AbortSignal
}

const REF_NAME = 'org.opencontainers.image.ref.name'
/** Nothing hashes index.json, so what has no meaning in it is not let through. */
const INDEX_MEMBERS = ['schemaVersion', 'mediaType', 'artifactType', 'manifests', 'subject', 'annotations']
const DESCRIPTOR_MEMBERS = ['mediaType', 'digest', 'size', 'urls', 'annotations', 'data', 'platform', 'artifactType']
const DEFAULT_CONCURRENCY = 2

/**
 * Everything that is wrong with a layout of images, found from its files alone: layout version, index, size and digest of
 * every blob that is named, media types, diff IDs against what the layers decompress to, platform, history.
 *
 * @param folder of the layout; blobs that nothing names are not looked at
 * @returns one line each, empty for a valid layout; errors of the file system other than missing files are thrown
 */
export async function layoutViolations(folder: string, options: ValidationOptions = {}): Promise<readonly string[]> {
  const version = await documentAt(join(folder, 'oci-layout'), 'oci-layout', versionViolations)
  const index = await documentAt(join(folder, 'index.json'), 'index.json', indexFileViolations)
  if (index.violations.length > 0) return [...version.violations, ...index.violations]
  const { manifests } = parseIndex(index.bytes, undefined, 'index.json')
  const images = await Promise.all(manifests.map((descriptor) => documentsOf(folder, descriptor)))
  const layers = images.flatMap(({ manifest }) => manifest?.layers ?? [])
  const contents = await layerContents(folder, layers, options)
  return [
    ...version.violations,
    ...refNameViolations(manifests),
    ...images.flatMap((image) => image.violations),
    ...[...contents.values()].flatMap(({ violations }) => violations),
    ...images.flatMap((image) => imageViolations(image, contents)),
  ]
}

interface Documents {
  readonly descriptor: Descriptor
  readonly manifest?: Manifest
  readonly config?: ImageConfig
  readonly violations: readonly string[]
}

interface LayerContent {
  readonly violations: readonly string[]
  readonly diffID?: Digest
}

async function documentsOf(folder: string, descriptor: Descriptor): Promise<Documents> {
  const subject = `manifest ${descriptor.digest}`
  if (descriptor.mediaType !== mediaTypes.manifest) {
    return { descriptor, violations: [`${subject}: has the media type ${descriptor.mediaType} in index.json`] }
  }
  const read = await documentContent(blobFile(folder, descriptor), descriptor)
  const parsed = attempt(read.bytes, (bytes) => parseManifest(bytes, descriptor.mediaType, subject))
  const violations = [...read.violations, ...parsed.violations].map((violation) => `${subject}: ${violation}`)
  if (parsed.value === undefined) return { descriptor, violations }
  const manifest = parsed.value
  const config = await configOf(folder, manifest.config)
  return { descriptor, manifest, ...config, violations: [...violations, ...config.violations] }
}

async function configOf(folder: string, descriptor: Descriptor): Promise<Pick<Documents, 'config' | 'violations'>> {
  const subject = `config ${descriptor.digest}`
  const isConfig = descriptor.mediaType === mediaTypes.config
  const read = await documentContent(blobFile(folder, descriptor), descriptor)
  const parsed = attempt(isConfig ? read.bytes : undefined, (bytes) => parseConfig(bytes, subject))
  const own = isConfig ? [] : [`has the media type ${descriptor.mediaType}, no OCI config`]
  const violations = [...own, ...read.violations, ...parsed.violations].map((violation) => `${subject}: ${violation}`)
  return { violations, ...(parsed.value === undefined ? {} : { config: parsed.value }) }
}

/** Each layer is read once, however often it is named. */
async function layerContents(
  folder: string,
  layers: readonly Descriptor[],
  { concurrency = DEFAULT_CONCURRENCY, known, signal }: ValidationOptions,
): Promise<ReadonlyMap<string, LayerContent>> {
  const contents = new Map<string, LayerContent>()
  const waiting = [...new Map(layers.map((layer) => [layerKey(layer), layer])).values()]
  const readWaiting = async () => {
    for (let layer = waiting.shift(); layer !== undefined; layer = waiting.shift()) {
      const { digest } = layer
      const path = blobFile(folder, layer)
      const { violations, diffID } = known?.has(digest)
        ? { ...(await blobContent(path, layer, signal)), diffID: known.get(digest) }
        : await layerContent(path, layer, signal)
      const lines = violations.map((violation) => `layer ${digest}: ${violation}`)
      contents.set(layerKey(layer), { violations: lines, ...(diffID === undefined ? {} : { diffID }) })
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, concurrency) }, readWaiting))
  return contents
}

function imageViolations(image: Documents, contents: ReadonlyMap<string, LayerContent>): readonly string[] {
  const { descriptor, manifest, config } = image
  if (manifest === undefined || config === undefined) return []
  const diffIDs = config.rootfs.diff_ids
  const steps = layerSteps(config.history ?? [])
  const count = manifest.layers.length
  const differing = manifest.layers.flatMap((layer, position) => {
    const diffID = contents.get(layerKey(layer))?.diffID
    if (diffID === undefined || diffID === diffIDs[position]) return []
    return [`layer ${position + 1} holds the diff ID ${diffID}, the config says ${diffIDs[position] ?? 'nothing'}`]
  })
  const violations = [
    ...(count === 0 ? ['it has no layers'] : []),
    ...(diffIDs.length === count ? [] : [`it has ${diffIDs.length} diff IDs for ${count} layers`]),
    ...(steps === count ? [] : [`its history has ${steps} steps for ${count} layers`]),
    ...differing,
    ...platformViolations(descriptor, config),
  ]
  return violations.map((violation) => `manifest ${descriptor.digest}: ${violation}`)
}

function platformViolations(descriptor: Descriptor, config: ImageConfig): readonly string[] {
  if (descriptor.platform === undefined) return ['it has no platform in index.json']
  const [announced, own] = [platformText(descriptor.platform), platformText(config)]
  return announced === own ? [] : [`index.json says it is for ${announced}, its config for ${own}`]
}

function refNameViolations(manifests: readonly Descriptor[]): readonly string[] {
  const names = manifests.flatMap(({ annotations }) => annotations?.[REF_NAME] ?? [])
  const invalid = names.filter((name) => !isRefName(name))
  const repeated = new Set(names.filter((name, position) => names.indexOf(name) !== position))
  return [
    ...(manifests.length === 0 ? ['index.json: it names no image'] : []),
    ...invalid.map((name) => `index.json: ${JSON.stringify(name)} is not a valid ref.name`),
    ...[...repeated].map((name) => `index.json: it has two images of the name ${name}`),
  ]
}

/** One of the two files that nothing hashes. */
async function documentAt(
  path: string,
  name: string,
  check: (bytes: Uint8Array) => readonly string[],
): Promise<{ readonly bytes: Uint8Array; readonly violations: readonly string[] }> {
  const bytes = await smallFile(path)
  if (typeof bytes === 'string') return { bytes: new Uint8Array(), violations: [`${name}: ${bytes}`] }
  const checked = attempt(bytes, check)
  const violations = [...checked.violations, ...(checked.value ?? [])]
  return { bytes, violations: violations.map((violation) => `${name}: ${violation}`) }
}

/** The content, cut one byte above the limit of documents; or why there is none. */
async function smallFile(path: string): Promise<Uint8Array | string> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    if (!(await file.stat()).isFile()) return 'is not a regular file'
    const chunks: Buffer[] = []
    const content = file.createReadStream({ autoClose: false, start: 0, end: DOCUMENT_LIMIT_BYTES })
    for await (const chunk of content as AsyncIterable<Buffer>) chunks.push(chunk)
    return Buffer.concat(chunks)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT') return 'is missing'
    if (code === 'ELOOP') return 'is not a regular file'
    throw error
  }
}

function versionViolations(bytes: Uint8Array): readonly string[] {
  const version = parseDocument(bytes, 'oci-layout')['imageLayoutVersion']
  return version === '1.0.0' ? [] : [`its imageLayoutVersion is ${JSON.stringify(version)} instead of "1.0.0"`]
}

function indexFileViolations(bytes: Uint8Array): readonly string[] {
  const document = parseDocument(bytes, 'index.json')
  const entries = Array.isArray(document['manifests']) ? document['manifests'].filter(isJsonObject) : []
  const index: Index = parseIndex(bytes, mediaTypes.index, 'index.json')
  const strange = [
    ...Object.keys(document).filter((member) => !INDEX_MEMBERS.includes(member)),
    ...entries.flatMap(Object.keys).filter((member) => !DESCRIPTOR_MEMBERS.includes(member)),
  ]
  return [
    ...strange.map((member) => `it has the unknown member ${JSON.stringify(member)}`),
    ...(index.annotations?.[REF_NAME] === undefined ? [] : ['it has a ref.name itself']),
  ]
}

function attempt<Value>(
  bytes: Uint8Array | undefined,
  parse: (bytes: Uint8Array) => Value,
): { readonly value?: Value; readonly violations: readonly string[] } {
  if (bytes === undefined) return { violations: [] }
  try {
    return { value: parse(bytes), violations: [] }
  } catch (error) {
    if (error instanceof ImageError) return { violations: error.violations }
    throw error
  }
}

function layerKey(layer: Descriptor): string {
  return `${layer.digest} ${layer.mediaType} ${layer.size}`
}

function blobFile(folder: string, descriptor: Descriptor): string {
  return join(folder, 'blobs', 'sha256', digestHex(descriptor.digest))
}
