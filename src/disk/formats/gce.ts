import { createWriteStream } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { compressedChunks } from '../../oci/packing/compression.ts'
import { chunksOf } from '../filebytes.ts'
import type { Range } from '../range.ts'
import { usedRanges } from '../ranges.ts'
import { archiveEnd, oldGnuHeader, paddedSize, sparseHeader } from './archiveheader.ts'

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
 * content is read twice, but no zeros are compressed, and what unpacks the image gets the holes back. What is a hole is
 * decided by content: a disk that was copied without its holes gives the same bytes.
 */
export async function writeGce(request: GceRequest): Promise<void> {
  const { raw, target, signal } = request
  await using disk = await open(raw, 'r')
  const options = signal === undefined ? {} : { signal }
  const { size } = await disk.stat()
  const content = await usedRanges(raw, { grainBytes: GRAIN_BYTES, sizeBytes: size, ...options })
  await pipeline(
    Readable.from(archive(disk, content, request), { objectMode: false }),
    (chunks: AsyncIterable<Buffer>) => compressedChunks(chunks, { algorithm: 'gzip' }, signal),
    createWriteStream(target),
    options,
  )
}

async function* archive(disk: FileHandle, content: readonly Range[], request: GceRequest): AsyncGenerator<Buffer> {
  const { license, sizeBytes, epochSeconds: mtimeSeconds, signal } = request
  if (license !== undefined) {
    const text = Buffer.from(`{"licenses": [${JSON.stringify(license)}]}`)
    yield oldGnuHeader({ name: 'manifest.json', sizeBytes: text.length, mtimeSeconds })
    yield Buffer.concat([text], paddedSize(text.length))
  }
  yield sparseHeader({ name: 'disk.raw', sizeBytes, mtimeSeconds }, content)
  let stored = 0
  for (const range of content) {
    for await (const { bytes } of chunksOf(disk, range, signal === undefined ? {} : { signal })) {
      stored += bytes.length
      yield bytes
    }
  }
  yield Buffer.alloc(paddedSize(stored) - stored)
  yield archiveEnd()
}
