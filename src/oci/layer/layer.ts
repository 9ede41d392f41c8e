import type { Digest } from '../digest.ts'
import { type Compression, layerMediaType } from '../packing/compression.ts'
import { diskEntries, tarEnd, tarHeader, tarPadding } from '../tar/tar.ts'
import { type BlobOptions, writeDiskBlob } from './diskblob.ts'
import type { DiskFile, Frame } from './diskbytes.ts'

/** A disk on its way into a layer. */
export interface LayerFile extends DiskFile {
  /** Absolute path in the image. */
  readonly path: string
}

export interface Layer {
  readonly mediaType: string
  /** Of the blob. */
  readonly digest: Digest
  /** Of the tar in it. */
  readonly diffID: Digest
  /** Of the blob, in bytes. */
  readonly size: number
}

export interface LayerOptions extends BlobOptions {
  readonly compression: Compression
  /** Time of every entry. */
  readonly epochSeconds: number
  /** Whether layers lie below this one. */
  readonly hasBase: boolean
}

/**
 * Writes the layer with the disk: framed as tar, as `writeDiskBlob` writes it.
 *
 * @throws what `writeDiskBlob` does; ImageError for a path that cannot be in an image
 */
export async function writeDiskLayer(file: LayerFile, options: LayerOptions): Promise<Layer> {
  const { digest, size, contentDigest } = await writeDiskBlob(file, options, (sizeBytes) =>
    tarFrame(file.path, sizeBytes, options),
  )
  return { mediaType: layerMediaType(options.compression), digest, diffID: contentDigest, size }
}

function tarFrame(path: string, sizeBytes: number, { epochSeconds, hasBase }: LayerOptions): Frame {
  const entries = diskEntries(path, { sizeBytes, mtimeSeconds: epochSeconds, hasBase })
  return { head: Buffer.concat(entries.map(tarHeader)), tail: Buffer.concat([tarPadding(sizeBytes), tarEnd()]) }
}
