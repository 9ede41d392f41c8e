import type { FileHandle } from 'node:fs/promises'

/** Bytes to read a tar from, once, from its beginning to its end. */
export interface TarSource {
  /** The next bytes, fewer than `length` only where the source ends. */
  read(length: number): Promise<Buffer>
  /** Passes over bytes; @returns whether there were so many. */
  skip(length: number): Promise<boolean>
}

/** What comes as a stream: what is passed over is read nevertheless. The stream is never closed from here. */
export function streamSource(chunks: AsyncIterable<Uint8Array>): TarSource {
  const iterator = chunks[Symbol.asyncIterator]()
  let rest: Buffer = Buffer.alloc(0)
  const more = async (): Promise<boolean> => {
    while (rest.length === 0) {
      const { done, value } = await iterator.next()
      if (done) return false
      rest = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
    }
    return true
  }
  const take = (length: number): Buffer => {
    const taken = rest.subarray(0, length)
    rest = rest.subarray(taken.length)
    return taken
  }
  return {
    read: async (length) => {
      const parts: Buffer[] = []
      let missing = length
      while (missing > 0 && (await more())) {
        const part = take(missing)
        parts.push(part)
        missing -= part.length
      }
      return parts.length === 1 ? (parts[0] as Buffer) : Buffer.concat(parts)
    },
    skip: async (length) => {
      let missing = length
      while (missing > 0 && (await more())) missing -= take(missing).length
      return missing === 0
    },
  }
}

/** A file: what is passed over is not read, so that headers alone cost nothing. */
export function fileSource(file: FileHandle, sizeBytes: number): TarSource {
  let at = 0
  return {
    read: async (length) => {
      const buffer = Buffer.alloc(Math.max(0, Math.min(length, sizeBytes - at)))
      let filled = 0
      while (filled < buffer.length) {
        const { bytesRead } = await file.read(buffer, filled, buffer.length - filled, at + filled)
        if (bytesRead === 0) break
        filled += bytesRead
      }
      at += filled
      return buffer.subarray(0, filled)
    },
    skip: async (length) => {
      at += length
      return at <= sizeBytes
    },
  }
}
