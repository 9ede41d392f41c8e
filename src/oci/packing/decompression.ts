import { type Duplex, PassThrough } from 'node:stream'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { mediaTypes } from '../manifest.ts'

const CHUNK_BYTES = 1024 * 1024

/** The tar in a layer of OCI's media types; undefined for any other type. Broken content makes the stream fail. */
export function decompressor(mediaType: string): Duplex | undefined {
  const buffers = { highWaterMark: CHUNK_BYTES, chunkSize: CHUNK_BYTES / 4 }
  switch (mediaType) {
    case mediaTypes.layer:
      return new PassThrough({ highWaterMark: CHUNK_BYTES })
    case mediaTypes.layerGzip:
      return createGunzip(buffers)
    case mediaTypes.layerZstd:
      return createZstdDecompress(buffers)
    default:
      return undefined
  }
}
