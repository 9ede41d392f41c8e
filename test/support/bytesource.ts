import type { ByteSource } from '../../src/compress/source.ts'

/** A source of bytes that are there already. */
export function bytesSource(bytes: Buffer): ByteSource {
  let at = 0
  return {
    fill: async (target) => {
      const count = bytes.copy(target, 0, at)
      at += count
      return count
    },
  }
}
