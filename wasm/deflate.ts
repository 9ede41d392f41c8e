/**
 * Compresses a piece of a stream into whole blocks of deflate (RFC 1951), none of them the last, that end at a whole byte.
 * Pieces made apart are one stream when put behind one another. The same bytes and level give the same blocks everywhere.
 */

import { bitsEnd, putStored, startBits } from './bits'
import { addLiteral, addMatch, isBlockFull, prepareTables, putBlock, startBlock } from './block'

const WINDOW: u32 = 32768
const LENGTH_MAX: u32 = 258
const HASH_BITS: u32 = 15
/** Positions plus one of the last four bytes with each hash; 0 for none. */
const heads = memory.data(32768 * 4)
/** The same of the last three bytes; a match of three is worth its code only from near. */
const shortHeads = memory.data(32768 * 4)
const SHORT_DISTANCE: u32 = 4096
/** Of each position in the window the one before with the same hash. */
const chains = memory.data(32768 * 4)
/** Matches are looked for up to so many bytes before the end, for reads of eight bytes. */
const MARGIN: u32 = 8

/** Address of the memory that nothing else uses. */
export const inputAt: usize = __heap_base

let base: usize = 0
let end: u32 = 0
let matchDistance: u32 = 0

prepareTables()

/**
 * @param at address of `history` bytes that came before (they are known to the reader, at most 32768 of them count) and
 *   behind them `length` bytes to compress
 * @param level 1 to 9
 * @param target address of room for length + length / 1000 + 100 bytes
 * @returns how many bytes were written
 */
export function deflate(at: usize, history: u32, length: u32, level: u32, target: usize): u32 {
  base = at
  end = history + length
  startBits(target)
  memory.fill(heads, 0, 32768 * 4)
  memory.fill(shortHeads, 0, 32768 * 4)
  const lookEnd: u32 = end > MARGIN ? end - MARGIN : 0
  for (let position: u32 = 0; position < min<u32>(history, lookEnd); position++) remember(position)
  if (length > 0) {
    if (level === 1) compressFast(history, lookEnd)
    else compressWell(history, lookEnd, level)
  }
  putStored(at, 0)
  return (bitsEnd() - target) as u32
}

// @ts-expect-error
@inline
function headOf(bytes: u32): usize {
  return heads + ((bytes * 0x9e3779b1) >> (32 - HASH_BITS)) * 4
}

// @ts-expect-error
@inline
function shortHeadOf(bytes: u32): usize {
  return shortHeads + (((bytes << 8) * 0x9e3779b1) >> (32 - HASH_BITS)) * 4
}

// @ts-expect-error
@inline
function remember(position: u32): void {
  const bytes = load<u32>(base + position)
  const head = headOf(bytes)
  store<u32>(chains + (position & (WINDOW - 1)) * 4, load<u32>(head))
  store<u32>(head, position + 1)
  store<u32>(shortHeadOf(bytes), position + 1)
}

/** How many bytes are the same from both positions on, `known` of them at least. */
// @ts-expect-error
@inline
function sameBytes(earlier: u32, position: u32, known: u32): u32 {
  const most = min<u32>(LENGTH_MAX, end - position)
  let length = known
  while (length + 8 <= most) {
    const different = load<u64>(base + earlier + length) ^ load<u64>(base + position + length)
    if (different !== 0) return length + ((ctz(different) >> 3) as u32)
    length += 8
  }
  while (length < most && load<u8>(base + earlier + length) === load<u8>(base + position + length)) length++
  return length
}

/** Takes the first match there is, looking at one earlier place only. */
function compressFast(start: u32, lookEnd: u32): void {
  let position = start
  let blockStart = start
  let misses: u32 = 0
  startBlock()
  while (position < end) {
    if (position >= lookEnd) addLiteral(load<u8>(base + position++))
    else {
      const bytes = load<u32>(base + position)
      const head = headOf(bytes)
      const earlier = load<u32>(head) - 1
      store<u32>(head, position + 1)
      if (position - earlier <= WINDOW && earlier < position && load<u32>(base + earlier) === bytes) {
        const length = sameBytes(earlier, position, 4)
        addMatch(length, position - earlier)
        const next = position + length
        if (next < lookEnd) {
          store<u32>(headOf(load<u32>(base + position + 1)), position + 2)
          store<u32>(headOf(load<u32>(base + next - 2)), next - 1)
          store<u32>(headOf(load<u32>(base + next - 1)), next)
        }
        position = next
        misses = 0
      } else {
        addLiteral(bytes & 0xff)
        position++
        // What has had no match for long is packed already: it is looked at in larger and larger steps.
        for (let skip = min<u32>(++misses >> 7, 16); skip > 1 && position < lookEnd && !isBlockFull(); skip--) {
          addLiteral(load<u8>(base + position++))
        }
      }
    }
    if (isBlockFull() || position === end) {
      putBlock(base + blockStart, position - blockStart)
      blockStart = position
      startBlock()
    }
  }
}

/** The longest match among the last `tries` places with the same four bytes, if longer than `least`; else `least`. */
function longestMatch(position: u32, least: u32, tries: u32, enough: u32): u32 {
  const head = headOf(load<u32>(base + position))
  let best = least
  const oldest = position > WINDOW ? position - WINDOW : 0
  const most = min<u32>(LENGTH_MAX, end - position)
  if (best >= most) return best
  const bytes = load<u32>(base + position)
  for (let entry = load<u32>(head); entry > oldest; entry = load<u32>(chains + ((entry - 1) & (WINDOW - 1)) * 4)) {
    const earlier = entry - 1
    if (load<u32>(base + earlier + best - 3) === load<u32>(base + position + best - 3) && load<u32>(base + earlier) === bytes) {
      const length = sameBytes(earlier, position, 4)
      if (length > best) {
        best = length
        matchDistance = position - earlier
        if (length >= enough || length >= most) break
      }
    }
    if (--tries === 0) break
  }
  if (best === 3 && least === 3) {
    const earlier = load<u32>(shortHeadOf(bytes)) - 1
    if (earlier < position && position - earlier <= SHORT_DISTANCE && (load<u32>(base + earlier) ^ bytes) << 8 === 0) {
      matchDistance = position - earlier
      return 3
    }
    return 2
  }
  return best
}

/** Looks along the chain of earlier places and, from level 4 on, whether the next position has a better match (zlib's lazy evaluation). */
function compressWell(start: u32, lookEnd: u32, level: u32): void {
  const tries: u32 = level < 4 ? 2 << level : level < 9 ? 1 << (level - 0) : 1024
  const enough: u32 = level < 4 ? 16 << level : level < 8 ? 16 << (level - 3) : 258
  const lazy: u32 = level < 4 ? 0 : level < 6 ? 16 : level < 8 ? 32 : 258
  let position = start
  let blockStart = start
  startBlock()
  let length: u32 = 0
  let known = false
  while (position < end) {
    if (position >= lookEnd) addLiteral(load<u8>(base + position++))
    else {
      if (!known) {
        length = longestMatch(position, 3, tries, enough)
        remember(position)
      }
      known = false
      if (length < 3) addLiteral(load<u8>(base + position++))
      else {
        const distance = matchDistance
        let next: u32 = 0
        if (length < lazy && position + 1 < lookEnd) {
          next = longestMatch(position + 1, length, length >= 8 ? tries >> 2 : tries, enough)
          remember(position + 1)
        }
        if (next > length) {
          addLiteral(load<u8>(base + position++))
          length = next
          known = true
        } else {
          addMatch(length, distance)
          const from: u32 = length < lazy && position + 1 < lookEnd ? position + 2 : position + 1
          const to = min<u32>(position + length, lookEnd)
          for (let inside = from; inside < to; inside++) remember(inside)
          position += length
        }
      }
    }
    if (isBlockFull() || position === end) {
      putBlock(base + blockStart, position - blockStart)
      blockStart = position
      startBlock()
    }
  }
}
