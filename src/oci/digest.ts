import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'

/** The only algorithm used here; image-spec descriptor.md, "Registered algorithms". */
export type Digest = `sha256:${string}`

const DIGEST = /^sha256:[a-f0-9]{64}$/
const READ_BYTES = 1024 * 1024

/**
 * Whether a text is `sha256:` and 64 lower-case hexadecimal digits: safe in paths and addresses (CVE-2024-3727 came from
 * using it unchecked).
 */
export function isDigest(text: string): text is Digest {
  return DIGEST.test(text)
}

/** The 64 hexadecimal digits: the name of a blob's file in a layout. */
export function digestHex(digest: Digest): string {
  return digest.slice('sha256:'.length)
}

export function digestOf(bytes: Uint8Array | string): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

/** Reads a whole file once. Errors of the file system are passed on. */
export async function fileDigest(path: string): Promise<{ digest: Digest; sizeBytes: number }> {
  const hash = createHash('sha256')
  let sizeBytes = 0
  for await (const chunk of createReadStream(path, { highWaterMark: READ_BYTES }) as AsyncIterable<Buffer>) {
    hash.update(chunk)
    sizeBytes += chunk.length
  }
  return { digest: `sha256:${hash.digest('hex')}`, sizeBytes }
}

/** The chunks as they come, hashed on the way. */
export async function* hashedChunks(chunks: AsyncIterable<Buffer>, hash: Hash): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    hash.update(chunk)
    yield chunk
  }
}
