import { randomUUID } from 'node:crypto'
import { lstat, readdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { HostError } from '../errors.ts'
import { replaceFile } from '../oci/blob.ts'
import type { Descriptor } from '../oci/descriptor.ts'
import { type Digest, fileDigest } from '../oci/digest.ts'
import { documentBytes, isJsonObject, type JsonObject, parseDocument } from '../oci/document.ts'
import { blobPath, createLayout, type Layout, linkBlob, REF_NAME } from '../oci/layout.ts'
import { mediaTypes, parseManifest } from '../oci/manifest.ts'
import { platformText } from '../oci/platform.ts'
import type { Access } from './access.ts'
import { pushTag, type Source } from './push.ts'
import { copyImage, RefusedError } from './skopeo.ts'
import { folderName, type ImageName, imageNameText, type LocalName, plainName } from './transport.ts'

/** An image of ours with the descriptor that stands for it in an index. */
export interface ExportSource extends Source {
  /** With the platform. */
  readonly descriptor: Descriptor
}

/** These know Docker's own manifest only, so the image is converted and has another digest there. */
const CONVERTING = ['docker-archive', 'docker-daemon']

/**
 * Writes an image to a skopeo destination. Our digest stays the same in all that can keep it. A layout that is there
 * already keeps its other images; an archive that is there is replaced in one step.
 *
 * @throws RegistryError when skopeo cannot write it; HostError when the folder holds something else than a layout
 */
export async function exportImage(source: ExportSource, destination: ImageName, access: Access): Promise<void> {
  if (destination.transport === 'docker') return await pushTag(source, plainName(destination), access)
  if (destination.transport === 'oci') await exportLayout(source, destination, access.signal)
  else if (destination.transport.endsWith('-archive')) await exportArchive(source, destination, access)
  else await copyTo(source, destination, destination, access)
  const converted = CONVERTING.includes(destination.transport)
  const digest = converted ? ", with Docker's own manifest, which has another digest" : ''
  access.report.info(`wrote ${plainName(destination)}${digest}`)
}

async function copyTo(source: ExportSource, to: LocalName, shown: LocalName, access: Access): Promise<void> {
  const { layout, reference } = source
  const flags = ['--quiet', ...(CONVERTING.includes(to.transport) ? [] : ['--preserve-digests'])]
  const name = plainName(shown)
  const purpose = { side: 'target', reference: name, failure: `the image cannot be written to ${name}` } as const
  const copy = { from: folderName('oci', layout, reference), to: imageNameText(to), flags }
  await copyImage(copy, access, purpose).catch((error: unknown) => {
    // What skopeo says when nobody listens on docker's socket: "io: read/write on closed pipe".
    if (to.transport !== 'docker-daemon' || !(error instanceof RefusedError) || !/closed pipe/.test(error.message))
      throw error
    const refusal = {
      ...error.refusal,
      reason: "docker's daemon does not answer: start it, and make sure that this user may talk to it",
    }
    throw new RefusedError(purpose, refusal, error.detail)
  })
}

async function exportArchive(source: ExportSource, destination: LocalName, access: Access): Promise<void> {
  const temporary = `${destination.path}.${randomUUID()}.tmp`
  try {
    await copyTo(source, { ...destination, path: temporary }, destination, access)
    await rename(temporary, destination.path)
  } finally {
    await rm(temporary, { force: true })
  }
}

/** Written without skopeo, which leaves the platform out and writes index.json in place (c/image oci/layout/oci_dest.go). */
async function exportLayout(source: ExportSource, destination: LocalName, signal?: AbortSignal): Promise<void> {
  const index = await existingIndex(destination.path)
  const layout = await createLayout(destination.path)
  const { config, layers } = parseManifest(await readFile(blobPath(source.layout, source.digest)))
  const digests = new Set([...layers, config].map(({ digest }) => digest)).add(source.digest)
  for (const digest of digests) {
    signal?.throwIfAborted()
    await bring(layout, blobPath(source.layout, digest), digest)
  }
  signal?.throwIfAborted()
  const entries = Array.isArray(index['manifests']) ? index['manifests'].filter(isJsonObject) : []
  const entry = named(source.descriptor, destination.name)
  const manifests = [...entries.filter((each) => !isReplaced(each, entry)), entry]
  const bytes = documentBytes({ ...index, schemaVersion: 2, mediaType: mediaTypes.index, manifests })
  await replaceFile(layout.folder, 'index.json', bytes)
}

async function existingIndex(folder: string): Promise<JsonObject> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException): string[] => {
    if (error.code === 'ENOENT') return []
    throw new HostError(`${folder} cannot be used as an OCI layout (${error.code})`, 'export to another folder')
  })
  if (names.length > 0 && !names.includes('oci-layout')) {
    throw new HostError(`${folder} holds something else than an OCI layout`, 'export to an empty folder or to a layout')
  }
  if (!names.includes('index.json')) return {}
  return parseDocument(await readFile(join(folder, 'index.json')), `the index of ${folder}`)
}

/** A blob that is there may be damaged: then it is replaced. */
async function bring(layout: Layout, file: string, digest: Digest): Promise<void> {
  const path = blobPath(layout.folder, digest)
  const there = await lstat(path).catch(() => undefined)
  if (there && !(there.isFile() && (await fileDigest(path)).digest === digest)) await rm(path)
  await linkBlob(layout, file, digest)
}

function named(descriptor: Descriptor, name: string | undefined): Descriptor {
  const { annotations = {}, ...rest } = descriptor
  const { [REF_NAME]: _, ...others } = annotations
  const all = name === undefined ? others : { ...others, [REF_NAME]: name }
  return Object.keys(all).length === 0 ? rest : { ...rest, annotations: all }
}

/** Replaced is what has the same name; without a name, what is nameless and for the same platform. */
function isReplaced(entry: JsonObject, by: Descriptor): boolean {
  const name = nameOf(entry)
  if (name !== by.annotations?.[REF_NAME]) return false
  return name !== undefined || samePlatform(entry['platform'], by)
}

function nameOf(entry: JsonObject): unknown {
  const annotations = entry['annotations']
  return isJsonObject(annotations) ? annotations[REF_NAME] : undefined
}

function samePlatform(platform: unknown, by: Descriptor): boolean {
  if (!isJsonObject(platform) || by.platform === undefined) return platform === by.platform
  const { os, architecture, variant } = platform
  const text = [os, architecture, ...(variant ? [variant] : [])].join('/')
  return text === platformText(by.platform)
}
