/** What is no whole zstd stream. */
export class ZstdError extends Error {
  override readonly name = 'ZstdError'
}

type Field = 'magic' | 'descriptor' | 'header' | 'block' | 'body' | 'checksum' | 'skippableSize' | 'skippable'

/** The field of a frame that comes next, and its length. */
interface Position {
  readonly field: Field
  readonly bytes: number
  readonly hasChecksum: boolean
  readonly isLastBlock: boolean
}

const FRAME_START: Position = { field: 'magic', bytes: 4, hasChecksum: false, isLastBlock: false }
const FRAME_MAGIC = 0xfd2fb528
const SKIPPABLE_MAGIC = 0x184d2a50

/**
 * Cuts a zstd stream so that no chunk holds bytes of two frames: Node's decompressor silently drops what follows a frame
 * in the same chunk (seen with 24.21), and layers of podman (zstd:chunked) have a frame per file. RFC 8878, section 3.1.
 *
 * @throws ZstdError when something else than frames is in the stream, or the last one is cut
 */
export async function* zstdFrameChunks(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let position = FRAME_START
  let taken = 0
  let value = 0
  for await (const chunk of source) {
    let start = 0
    let at = 0
    while (at < chunk.length) {
      const step = Math.min(position.bytes - taken, chunk.length - at)
      for (let i = 0; i < step && taken + i < 4; i++) value += (chunk[at + i] ?? 0) * 2 ** (8 * (taken + i))
      at += step
      taken += step
      if (taken < position.bytes) continue
      position = nextPosition(position, value)
      taken = 0
      value = 0
      if (position !== FRAME_START) continue
      yield chunk.subarray(start, at)
      start = at
    }
    if (start < chunk.length) yield chunk.subarray(start)
  }
  if (position !== FRAME_START || taken > 0) throw new ZstdError('the last zstd frame is cut')
}

/** @param value of the field that has just ended, little-endian, its first four bytes */
function nextPosition(ended: Position, value: number): Position {
  switch (ended.field) {
    case 'magic':
      if (value === FRAME_MAGIC) return { ...ended, field: 'descriptor', bytes: 1 }
      if (value - (value % 16) === SKIPPABLE_MAGIC) return { ...ended, field: 'skippableSize', bytes: 4 }
      throw new ZstdError('it is no zstd frame')
    case 'descriptor':
      return { ...ended, field: 'header', bytes: headerBytes(value), hasChecksum: (value & 0b100) !== 0 }
    case 'header':
      return { ...ended, field: 'block', bytes: 3 }
    case 'block':
      return afterBlockHeader(ended, value)
    case 'body':
      return afterBlock(ended)
    case 'skippableSize':
      return value === 0 ? FRAME_START : { ...ended, field: 'skippable', bytes: value }
    case 'checksum':
    case 'skippable':
      return FRAME_START
  }
}

/** Window descriptor, dictionary ID and content size: section 3.1.1.1. */
function headerBytes(descriptor: number): number {
  const isSingleSegment = (descriptor & 0b10_0000) !== 0
  const contentSize = [isSingleSegment ? 1 : 0, 2, 4, 8][descriptor >> 6] ?? 0
  const dictionary = [0, 1, 2, 4][descriptor & 0b11] ?? 0
  return (isSingleSegment ? 0 : 1) + dictionary + contentSize
}

/** Section 3.1.1.2: bit 0 says last, bits 1 and 2 the type (1 repeats one byte, 3 is reserved), the rest the size. */
function afterBlockHeader(ended: Position, header: number): Position {
  const type = (header >> 1) & 0b11
  if (type === 3) throw new ZstdError('a zstd block has the reserved type')
  const bytes = type === 1 ? 1 : header >> 3
  const block = { ...ended, isLastBlock: (header & 1) !== 0 }
  return bytes === 0 ? afterBlock(block) : { ...block, field: 'body', bytes }
}

function afterBlock(block: Position): Position {
  if (!block.isLastBlock) return { ...block, field: 'block', bytes: 3 }
  return block.hasChecksum ? { ...block, field: 'checksum', bytes: 4 } : FRAME_START
}
