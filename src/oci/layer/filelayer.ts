import { mkdtempDisposable } from 'node:fs/promises'
import { join } from 'node:path'
import { digestHex } from '../digest.ts'
import { mediaTypes } from '../manifest.ts'
import { type TarEntry, tarEnd, tarHeader, tarPadding } from '../tar/tar.ts'
import { type BlobOptions, writeDiskBlob } from './diskblob.ts'
import type { DiskFile, Frame } from './diskbytes.ts'
import type { Layer } from './layer.ts'

export interface FileLayerOptions extends BlobOptions {
  /** The file's, without folder: `NAME.qcow2.zst`, by whose ending podman knows how it is compressed. */
  readonly name: string
  readonly epochSeconds: number
}

/**
 * Writes the layer that podman 4.9 takes for its machine: a tar of one entry alone, the disk compressed by itself
 * (pkg/machine/ocidir.go, `headerCount != 1`). The compressed disk stands beside the blobs for as long as this takes,
 * since a tar says the size of a file before it.
 *
 * @throws what `writeDiskBlob` does
 */
export async function writeSingleFileLayer(file: DiskFile, options: FileLayerOptions): Promise<Layer> {
  const { blobs } = options
  await using folder = await mkdtempDisposable(join(blobs, '.file-'))
  const inner = await writeDiskBlob(file, { ...options, blobs: folder.path })
  const source = join(folder.path, digestHex(inner.digest))
  const plain = { ...options, compression: { algorithm: 'none' } } as const
  const { digest, size } = await writeDiskBlob({ source }, plain, (sizeBytes) => frameOf(options, sizeBytes))
  return { mediaType: mediaTypes.layer, digest, diffID: digest, size }
}

function frameOf({ name, epochSeconds }: FileLayerOptions, sizeBytes: number): Frame {
  const owner = { mode: 0o644, uid: 0, gid: 0 }
  const entry: TarEntry = { kind: 'file', path: name, sizeBytes, mtimeSeconds: epochSeconds, ...owner }
  return { head: tarHeader(entry), tail: Buffer.concat([tarPadding(sizeBytes), tarEnd()]) }
}
