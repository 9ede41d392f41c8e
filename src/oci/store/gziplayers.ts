import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { ImageError, KnownError } from '../../errors.ts'
import { parseConfig } from '../container/config.ts'
import type { Descriptor } from '../descriptor.ts'
import { type Digest, digestHex, digestOf, hashedChunks } from '../digest.ts'
import { documentBytes } from '../document.ts'
import { mediaTypes } from '../manifest.ts'
import { compressedChunks } from '../packing/compression.ts'
import { decompressor } from '../packing/decompression.ts'
import { zstdFrameChunks } from '../packing/zstdframes.ts'
import { writeBlob } from './blob.ts'
import { putText } from './file.ts'
import { type StoredImage, storedImage } from './storedimage.ts'

export interface GzipOptions {
  /** For the new layers and the manifest; stays with the caller. */
  readonly folder: string
  readonly signal?: AbortSignal
}

/** Whether a layer is compressed with zstd. */
export function hasZstdLayers({ manifest }: StoredImage): boolean {
  return manifest.layers.some(isZstd)
}

/**
 * The same image with gzip in place of zstd: the same config and diff IDs, every other layer untouched, and a manifest
 * that differs in the descriptors of those layers only.
 *
 * @throws ImageError when a layer does not hold what the config says; HostError when the disk is full; AbortError after
 *   `signal`
 */
export async function gzipLayers(image: StoredImage, options: GzipOptions): Promise<StoredImage> {
  const { folder } = options
  const files = new Map<Digest, string>(image.blobs.map(({ digest, file }) => [digest, file]))
  const diffIDs = await diffIDsOf(image, files)
  const layers: Descriptor[] = []
  for (const [position, layer] of image.manifest.layers.entries()) {
    const changed = isZstd(layer)
      ? await gzipLayer(layer, files.get(layer.digest) ?? '', diffIDs[position], options)
      : layer
    if (changed !== layer) files.set(changed.digest, join(folder, digestHex(changed.digest)))
    layers.push(changed)
  }
  const manifest = { ...image.manifest, layers }
  const bytes = documentBytes(manifest)
  const digest = digestOf(bytes)
  files.set(digest, join(folder, digestHex(digest)))
  await putText(join(folder, digestHex(digest)), bytes)
  return storedImage({ ...image.descriptor, digest, size: bytes.length }, manifest, (of) => files.get(of) ?? '')
}

function isZstd({ mediaType }: Descriptor): boolean {
  return mediaType === mediaTypes.layerZstd
}

async function diffIDsOf({ manifest }: StoredImage, files: ReadonlyMap<Digest, string>): Promise<readonly Digest[]> {
  return parseConfig(await readFile(files.get(manifest.config.digest) ?? '')).rootfs.diff_ids
}

async function gzipLayer(
  layer: Descriptor,
  file: string,
  diffID: Digest | undefined,
  { folder, signal }: GzipOptions,
): Promise<Descriptor> {
  await using source = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW)
  const hash = createHash('sha256')
  const unpacked = decompressor(layer.mediaType)
  if (unpacked === undefined) throw new Error(`no decompressor for ${layer.mediaType}`)
  const chunks = zstdFrameChunks(source.createReadStream({ autoClose: false, highWaterMark: 1024 * 1024 }))
  let writing: ReturnType<typeof writeBlob> | undefined
  try {
    await pipeline(
      Readable.from(chunks, { objectMode: false }),
      unpacked,
      (tar: AsyncIterable<Buffer>) => hashedChunks(tar, hash),
      (tar: AsyncIterable<Buffer>) => compressedChunks(tar, { algorithm: 'gzip' }, signal),
      async (compressed: AsyncIterable<Uint8Array>) => {
        writing = writeBlob(folder, compressed)
        await writing
      },
      { ...(signal === undefined ? {} : { signal }) },
    )
  } catch (error) {
    signal?.throwIfAborted()
    if (!(error instanceof Error) || error instanceof KnownError || 'path' in error) throw error
    throw new ImageError('image-layer', `the layer ${layer.digest}`, [`it cannot be unpacked (${error.message})`])
  } finally {
    // After an abort the writer may still be about to remove its temporary file.
    await writing?.catch(() => {})
  }
  if (writing === undefined) throw new Error('the pipeline ended without a blob')
  const found = `sha256:${hash.digest('hex')}`
  if (found !== diffID)
    throw new ImageError('image-layer', `the layer ${layer.digest}`, [`it holds ${found} instead of ${diffID}`])
  const { digest, sizeBytes: size } = await writing
  return { ...layer, mediaType: mediaTypes.layerGzip, digest, size }
}
