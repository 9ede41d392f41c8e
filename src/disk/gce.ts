import { createWriteStream } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { compressedChunks } from '../oci/compression.ts'
import { archiveEnd, type Extent, oldGnuHeader, paddedSize, sparseHeader } from './archiveheader.ts'
import { chunksOf, contentChunks, isZero } from './filebytes.ts'

export interface GceRequest {
  /** A raw disk; it is only read. */
  readonly raw: string
  /** A whole number of GiB, the raw disk's size or more. */
  readonly sizeBytes: number
  readonly license?: string
  readonly epochSeconds: number
  readonly target: string
  readonly signal?: AbortSignal
}

const GRAIN_BYTES = 64 * 1024

/**
 * Writes an image for Google Compute Engine: `disk.raw` in a gzip packed tar of the old GNU format (Google Cloud, "Manually
 * import boot disks": `tar --format=oldgnu -Sczf NAME.tar.gz disk.raw`), before it KIWI's `manifest.json` where there is
 * a license (kiwi/storage/subformat/gce.py).
 *
 * The holes are in the tar's map, as Google's `-S` puts them there, and not in its content. The map comes first, so the
 * content is read twice, but no zeros are compressed, and what unpacks the image gets the holes back. What is a hole is decided by content: a disk that was copied without its holes
 * gives the same bytes.
 */
export async function writeGce(request: GceRequest): Promise<void> {
  const { raw, target, signal } = request
  await using disk = await open(raw, 'r')
  const extents = await contentExtents(raw, signal)
  await pipeline(
    Readable.from(archive(disk, extents, request), { objectMode: false }),
    (chunks: AsyncIterable<Buffer>) => compressedChunks(chunks, { algorithm: 'gzip' }, signal),
    createWriteStream(target),
    ...(signal === undefined ? [] : [{ signal }]),
  )
}

async function* archive(disk: FileHandle, extents: readonly Extent[], request: GceRequest): AsyncGenerator<Buffer> {
  const { license, sizeBytes, epochSeconds: mtimeSeconds, signal } = request
  if (license !== undefined) {
    const text = Buffer.from(`{"licenses": [${JSON.stringify(license)}]}`)
    yield oldGnuHeader({ name: 'manifest.json', sizeBytes: text.length, mtimeSeconds })
    yield Buffer.concat([text], paddedSize(text.length))
  }
  yield sparseHeader({ name: 'disk.raw', sizeBytes, mtimeSeconds }, extents)
  let stored = 0
  for (const { start, length } of extents) {
    for await (const { bytes } of chunksOf(disk, { start, end: start + length }, signal)) {
      stored += bytes.length
      yield bytes
    }
  }
  yield Buffer.alloc(paddedSize(stored) - stored)
  yield archiveEnd()
}

/** Where a raw disk has anything but zeros, in whole grains. */
async function contentExtents(raw: string, signal: AbortSignal | undefined): Promise<readonly Extent[]> {
  const extents: { start: number; length: number }[] = []
  for await (const { start, bytes } of contentChunks(raw, 0, signal)) {
    for (let at = 0; at < bytes.length; at += GRAIN_BYTES) {
      const grain = bytes.subarray(at, at + GRAIN_BYTES)
      if (isZero(grain)) continue
      const last = extents.at(-1)
      if (last !== undefined && last.start + last.length === start + at) last.length += grain.length
      else extents.push({ start: start + at, length: grain.length })
    }
  }
  return extents
}
