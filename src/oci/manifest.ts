import { ImageError } from '../errors.ts'
import { isJsonObject, type JsonObject } from '../json.ts'
import { annotationViolations, type Descriptor, descriptorFrom, descriptorViolations } from './descriptor.ts'
import { parseDocument } from './document.ts'
import { miswrittenNames } from './jsonnames.ts'

/** image-spec media-types.md; distribution docs, image manifest v2 schema 2. */
export const mediaTypes = {
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  index: 'application/vnd.oci.image.index.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
  layerGzip: 'application/vnd.oci.image.layer.v1.tar+gzip',
  layerZstd: 'application/vnd.oci.image.layer.v1.tar+zstd',
  dockerManifest: 'application/vnd.docker.distribution.manifest.v2+json',
  dockerList: 'application/vnd.docker.distribution.manifest.list.v2+json',
  dockerConfig: 'application/vnd.docker.container.image.v1+json',
  dockerLayer: 'application/vnd.docker.image.rootfs.diff.tar',
  dockerLayerGzip: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
  dockerLayerZstd: 'application/vnd.docker.image.rootfs.diff.tar.zstd',
} as const

/** An image manifest, OCI or Docker v2s2 as `mediaType` says; image-spec manifest.md. */
export interface Manifest {
  readonly schemaVersion: 2
  readonly mediaType: string
  readonly artifactType?: string
  readonly config: Descriptor
  /** Lowest first. */
  readonly layers: readonly Descriptor[]
  readonly subject?: Descriptor
  readonly annotations?: Readonly<Record<string, string>>
}

/** Of an image, ours too: docker itself stops at 127. */
export const LAYER_LIMIT = 500
const MEMBERS = ['schemaVersion', 'mediaType', 'artifactType', 'config', 'layers', 'subject', 'annotations']
/** Members of an index, of a list and of schema 1: c/image internal/manifest/common.go refuses them too (CVE-2021-41190). */
const FOREIGN_MEMBERS = ['manifests', 'fsLayers', 'history']

/** Media types of layers that stay the same bytes under OCI's name. */
const OCI_LAYER_TYPES: ReadonlyMap<string, string> = new Map([
  [mediaTypes.layer, mediaTypes.layer],
  [mediaTypes.layerGzip, mediaTypes.layerGzip],
  [mediaTypes.layerZstd, mediaTypes.layerZstd],
  [mediaTypes.dockerLayer, mediaTypes.layer],
  [mediaTypes.dockerLayerGzip, mediaTypes.layerGzip],
  [mediaTypes.dockerLayerZstd, mediaTypes.layerZstd],
])

/**
 * The manifest of an image in the bytes that others wrote.
 *
 * @param expectedMediaType what the registry or the descriptor called it; left out, the manifest's own word counts
 * @param subject names it in the error: `the manifest of ghcr.io/acme/x`
 * @throws ImageError with all violations: over 4 MiB or 500 layers, deep JSON, no sha256 digests, a media type that
 *   contradicts `expectedMediaType`, members of an index beside those of a manifest, `urls`
 */
export function parseManifest(bytes: Uint8Array, expectedMediaType?: string, subject = 'the manifest'): Manifest {
  const document = parseDocument(bytes, subject)
  const violations = manifestViolations(document, expectedMediaType)
  if (violations.length > 0) throw new ImageError('image-invalid', subject, violations)
  const { artifactType, annotations, subject: referred } = document as unknown as Manifest
  return {
    schemaVersion: 2,
    mediaType: mediaTypeOf(document, expectedMediaType) ?? mediaTypes.manifest,
    ...(artifactType === undefined ? {} : { artifactType }),
    config: descriptorFrom(document['config'] as JsonObject),
    layers: (document['layers'] as readonly JsonObject[]).map(descriptorFrom),
    ...(referred === undefined ? {} : { subject: descriptorFrom(referred as unknown as JsonObject) }),
    ...(annotations === undefined ? {} : { annotations }),
  }
}

/**
 * The same image with OCI's media types: Docker's are mapped, blobs and their digests stay.
 *
 * @throws ImageError when it is an artifact and no image, or has a layer that cannot be in an OCI image of ours:
 *   foreign or non-distributable ones, encrypted ones, unknown types
 */
export function ociManifestFrom(manifest: Manifest, subject = 'the manifest'): Manifest {
  const violations: string[] = []
  if (manifest.config.mediaType !== mediaTypes.config && manifest.config.mediaType !== mediaTypes.dockerConfig) {
    violations.push(`it is an artifact (config ${manifest.config.mediaType}), not a container image`)
  }
  const layers = manifest.layers.map((layer, position) => {
    const mediaType = OCI_LAYER_TYPES.get(layer.mediaType)
    if (mediaType === undefined) violations.push(layerRefusal(layer.mediaType, position + 1))
    return { ...layer, mediaType: mediaType ?? layer.mediaType }
  })
  if (violations.length > 0) throw new ImageError('image-invalid', subject, violations)
  const config = { ...manifest.config, mediaType: mediaTypes.config }
  return { ...manifest, mediaType: mediaTypes.manifest, config, layers }
}

/** The media type a document claims, else the one it was announced with. */
export function mediaTypeOf(document: JsonObject, announced: string | undefined): string | undefined {
  return typeof document['mediaType'] === 'string' ? document['mediaType'] : announced
}

/** What is wrong with the mediaType member of a manifest or an index. */
export function mediaTypeViolations(
  document: JsonObject,
  announced: string | undefined,
  accepted: readonly string[],
): readonly string[] {
  const own = document['mediaType']
  // Absent is allowed (image-spec: SHOULD be used; umoci before 0.6 leaves it out): the members decide what it is.
  if (own !== undefined && typeof own !== 'string') return ['its mediaType is no text']
  if (own !== undefined && announced !== undefined && own !== announced) {
    return [`its mediaType is ${own}, but it was announced as ${announced}`]
  }
  const mediaType = own ?? announced
  if (mediaType !== undefined && !accepted.includes(mediaType)) return [`its media type ${mediaType} is not supported`]
  return []
}

function manifestViolations(document: JsonObject, announced: string | undefined): readonly string[] {
  const { layers, subject } = document
  const violations = [
    ...(document['schemaVersion'] === 2 ? [] : ['its schemaVersion is not 2']),
    ...mediaTypeViolations(document, announced, [mediaTypes.manifest, mediaTypes.dockerManifest]),
    ...FOREIGN_MEMBERS.filter((member) => member in document).map(
      (member) => `it has ${member}, which no manifest has`,
    ),
    ...miswrittenNames(document, MEMBERS).map((name) => `it has ${name}, written in another case`),
    ...artifactTypeViolations(document),
    ...descriptorViolations(document['config'], 'its config'),
    ...annotationViolations(document['annotations'], 'it'),
    ...(subject === undefined ? [] : descriptorViolations(subject, 'its subject')),
  ]
  if (!Array.isArray(layers)) return [...violations, 'it has no layers']
  if (layers.length > LAYER_LIMIT) return [...violations, `it has ${layers.length} layers, more than ${LAYER_LIMIT}`]
  return [
    ...violations,
    ...layers.flatMap((layer, position) => layerViolations(layer, `layer ${position + 1}`)),
    ...sizeViolations([document['config'], ...layers].filter(isJsonObject)),
  ]
}

/** What is wrong with the artifactType member of a manifest or an index. */
export function artifactTypeViolations(document: JsonObject): readonly string[] {
  return ['undefined', 'string'].includes(typeof document['artifactType']) ? [] : ['its artifactType is no text']
}

/** One digest has one size: of two only one is looked at where a blob is fetched once. */
function sizeViolations(descriptors: readonly JsonObject[]): readonly string[] {
  const sizes = Map.groupBy(descriptors, ({ digest }) => digest)
  return [...sizes].flatMap(([digest, same]) =>
    new Set(same.map(({ size }) => size)).size > 1 ? [`it says several sizes of ${digest}`] : [],
  )
}

function layerViolations(layer: unknown, where: string): readonly string[] {
  // A foreign layer is named for what it is: its urls follow from that.
  if (isJsonObject(layer) && typeof layer['mediaType'] === 'string' && isForeign(layer['mediaType'])) {
    return [foreignText(where)]
  }
  return descriptorViolations(layer, where)
}

function layerRefusal(mediaType: string, position: number): string {
  if (isForeign(mediaType)) return foreignText(`layer ${position}`)
  return `layer ${position} has the media type ${mediaType}, which is no layer of a container image`
}

function isForeign(mediaType: string): boolean {
  return mediaType.includes('.foreign.') || mediaType.includes('.nondistributable.')
}

function foreignText(where: string): string {
  return `${where} is a foreign layer, which must not be distributed: choose another base`
}
