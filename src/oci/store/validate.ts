import type { ImageConfig } from '../container/config.ts'
import { layerSteps } from '../container/history.ts'
import type { Descriptor } from '../descriptor.ts'
import type { Digest } from '../digest.ts'
import type { Manifest } from '../manifest.ts'
import { platformText } from '../platform.ts'
import { artifactViolations } from './artifactrules.ts'
import { blobContent, type Content, layerContent, presentContent } from './content.ts'
import { type Documents, documentsOf } from './documents.ts'
import { blobPath } from './layout.ts'
import { readLayoutFiles } from './layoutfiles.ts'

export interface ValidationOptions {
  /** How many layers are read at the same time; 2 where left out. */
  readonly concurrency?: number
  /**
   * Blobs that whoever asks has just written, hashed on their way into the file, with the diff ID of layers. Of these
   * only the file and its size are looked at: hashing them again would tell no more, and take a tenth of the time.
   */
  readonly written?: ReadonlyMap<Digest, Digest | undefined>
  readonly signal?: AbortSignal
}

const DEFAULT_CONCURRENCY = 2

/**
 * Everything that is wrong with a layout of images, artifacts and indexes of them, found from its files alone: layout
 * version, index, size and digest of every blob that is named, media types, diff IDs against what the layers decompress
 * to, platforms, history, and what `indexRuleViolations` finds.
 *
 * @param folder of the layout; blobs that nothing names are not looked at
 * @returns one line each, empty for a valid layout; errors of the file system other than missing files are thrown
 */
export async function layoutViolations(folder: string, options: ValidationOptions = {}): Promise<readonly string[]> {
  const { entries, violations } = await readLayoutFiles(folder)
  const found = await Promise.all(entries.map((entry) => documentsOf(folder, entry)))
  const images = found.flatMap((each) => each.images)
  const contents = await blobContents(folder, images.flatMap(blobsOf), options)
  return [
    ...violations,
    ...found.flatMap((each) => each.violations),
    ...[...contents.values()].flatMap((content) => content.violations),
    ...images.flatMap((image) => acrossViolations(image, contents)),
  ]
}

interface Blob {
  readonly descriptor: Descriptor
  /** Whether it is a layer of a container. */
  readonly isLayer: boolean
}

function blobsOf({ manifest, artifactConfig }: Documents): readonly Blob[] {
  const isLayer = artifactConfig === undefined
  return (manifest?.layers ?? []).map((descriptor) => ({ descriptor, isLayer }))
}

/** Each blob is read once, however often it is named. */
async function blobContents(
  folder: string,
  blobs: readonly Blob[],
  options: ValidationOptions,
): Promise<ReadonlyMap<string, Content>> {
  const contents = new Map<string, Content>()
  const waiting = [...new Map(blobs.map((blob) => [blobKey(blob.descriptor), blob])).values()]
  const readWaiting = async () => {
    for (let blob = waiting.shift(); blob !== undefined; blob = waiting.shift()) {
      const { descriptor, isLayer } = blob
      const content = await contentOf(folder, blob, options)
      const violations = content.violations.map(
        (violation) => `${isLayer ? 'layer' : 'blob'} ${descriptor.digest}: ${violation}`,
      )
      contents.set(blobKey(descriptor), { ...content, violations })
    }
  }
  await Promise.all(Array.from({ length: Math.max(1, options.concurrency ?? DEFAULT_CONCURRENCY) }, readWaiting))
  return contents
}

async function contentOf(
  folder: string,
  { descriptor, isLayer }: Blob,
  { written, signal }: ValidationOptions,
): Promise<Content> {
  const path = blobPath(folder, descriptor.digest)
  const diffID = written?.get(descriptor.digest)
  if (isLayer && diffID === undefined) return await layerContent(path, descriptor, signal)
  if (!written?.has(descriptor.digest)) return await blobContent(path, descriptor, signal)
  return { ...(await presentContent(path, descriptor)), ...(diffID === undefined ? {} : { diffID }) }
}

/** What is wrong between the documents of an image, and between them and its blobs. */
function acrossViolations(documents: Documents, contents: ReadonlyMap<string, Content>): readonly string[] {
  const { descriptor, namedBy, manifest, config, artifactConfig } = documents
  if (manifest === undefined) return []
  const violations = [
    ...(artifactConfig === undefined ? [] : artifactViolations(descriptor, manifest, artifactConfig)),
    ...(config === undefined ? [] : imageViolations(manifest, config, contents)),
    ...typeViolations(descriptor, manifest),
    // Of the entries of an index that is said with its other rules.
    ...(descriptor.platform === undefined && namedBy === 'index.json' ? ['it has no platform in index.json'] : []),
    ...(config === undefined ? [] : platformViolations(documents, config)),
  ]
  return violations.map((violation) => `manifest ${descriptor.digest}: ${violation}`)
}

function imageViolations(
  manifest: Manifest,
  config: ImageConfig,
  contents: ReadonlyMap<string, Content>,
): readonly string[] {
  const diffIDs = config.rootfs.diff_ids
  const steps = layerSteps(config.history ?? [])
  const count = manifest.layers.length
  const differing = manifest.layers.flatMap((layer, position) => {
    const diffID = contents.get(blobKey(layer))?.diffID
    if (diffID === undefined || diffID === diffIDs[position]) return []
    return [`layer ${position + 1} holds the diff ID ${diffID}, the config says ${diffIDs[position] ?? 'nothing'}`]
  })
  return [
    ...(count === 0 ? ['it has no layers'] : []),
    ...(diffIDs.length === count ? [] : [`it has ${diffIDs.length} diff IDs for ${count} layers`]),
    ...(steps === count ? [] : [`its history has ${steps} steps for ${count} layers`]),
    ...differing,
  ]
}

/** image-spec descriptor.md: where an entry says it, it says what the manifest says. */
function typeViolations({ artifactType: announced }: Descriptor, { artifactType }: Manifest): readonly string[] {
  if (announced === undefined || announced === artifactType) return []
  return [`it is announced as ${announced}, and is ${artifactType ?? 'no artifact'}`]
}

function platformViolations({ descriptor, namedBy }: Documents, config: ImageConfig): readonly string[] {
  if (descriptor.platform === undefined) return []
  const [announced, own] = [platformText(descriptor.platform), platformText(config)]
  return announced === own ? [] : [`${namedBy} says it is for ${announced}, its config for ${own}`]
}

function blobKey({ digest, mediaType, size }: Descriptor): string {
  return `${digest} ${mediaType} ${size}`
}
