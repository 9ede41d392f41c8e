/** Where bytes come from, in order. */
export interface ByteSource {
  /** Fills the target from its start. @returns how many bytes; fewer than there is room for only at the end */
  fill(target: Buffer): Promise<number>
}

/** What comes as a stream. */
export function chunkSource(chunks: AsyncIterable<Uint8Array>): ByteSource {
  const iterator = chunks[Symbol.asyncIterator]()
  let rest: Uint8Array = new Uint8Array()
  return {
    fill: async (target) => {
      let filled = 0
      while (filled < target.length) {
        if (rest.length === 0) {
          const { done, value } = await iterator.next()
          if (done) break
          rest = value
          continue
        }
        const part = rest.subarray(0, target.length - filled)
        target.set(part, filled)
        rest = rest.subarray(part.length)
        filled += part.length
      }
      return filled
    },
  }
}
