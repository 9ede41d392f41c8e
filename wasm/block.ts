/**
 * One dynamic block of deflate from the symbols gathered for it; RFC 1951, sections 3.2.5 to 3.2.7. A symbol is a u32: a
 * literal's byte, or a match's length with its distance in the upper half.
 */

import { flushBits, putBits, putStored } from './bits'
import { buildCodes } from './huffman'

const LITERALS: u32 = 286
const DISTANCES: u32 = 30
const LENGTHS: u32 = 19
const END_OF_BLOCK = 256

/** More of them in a block and codes fit the data less; fewer, and the codes themselves cost more. */
export const BLOCK_SYMBOLS: u32 = 1 << 15
const symbols = memory.data((1 << 15) * 4 + 64)
const symbolsEnd = symbols + (BLOCK_SYMBOLS as usize) * 4
let last: usize = symbols

const literalCount = memory.data(288 * 4)
const literalLength = memory.data(288)
const literalCode = memory.data(288 * 4)
const distanceCount = memory.data(32 * 4)
const distanceLength = memory.data(32)
const distanceCode = memory.data(32 * 4)
const lengthCount = memory.data(20 * 4)
const lengthLength = memory.data(20)
const lengthCode = memory.data(20 * 4)
/** The code lengths as they are sent: symbol | extra bits << 8. */
const runs = memory.data(320 * 4)

/** Of each length of a match: its symbol | count of extra bits << 16 | extra bits << 20. */
const lengthSymbol = memory.data(259 * 4)
/** Of each length of a match: code and extra bits | count of both << 24. */
const matchBits = memory.data(259 * 4)

/** The order in which the lengths of the lengths' codes are sent. */
const ORDER = memory.data<u8>([16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15])

export function prepareTables(): void {
  let length: u32 = 3
  for (let symbol: u32 = 257; symbol < 285; symbol++) {
    const extra = literalExtra(symbol)
    for (let value: u32 = 0; value < (1 as u32) << extra && length < 258; value++) {
      store<u32>(lengthSymbol + length++ * 4, symbol | (extra << 16) | (value << 20))
    }
  }
  store<u32>(lengthSymbol + 258 * 4, 285)
}

export function startBlock(): void {
  last = symbols
  memory.fill(literalCount, 0, 288 * 4)
  memory.fill(distanceCount, 0, 32 * 4)
}

// @ts-expect-error
@inline
export function isBlockFull(): bool {
  return last >= symbolsEnd
}

// @ts-expect-error
@inline
export function addLiteral(byte: u32): void {
  store<u32>(last, byte)
  last += 4
  increment(literalCount + byte * 4)
}

// @ts-expect-error
@inline
export function addMatch(length: u32, distance: u32): void {
  store<u32>(last, length | (distance << 16))
  last += 4
  increment(literalCount + (load<u32>(lengthSymbol + length * 4) & 0xffff) * 4)
  increment(distanceCount + distanceSymbol(distance) * 4)
}

// @ts-expect-error
@inline
function increment(counter: usize): void {
  store<u32>(counter, load<u32>(counter) + 1)
}

// @ts-expect-error
@inline
function distanceSymbol(distance: u32): u32 {
  const x = distance - 1
  if (x < 4) return x
  const extra = 30 - clz(x)
  return (extra << 1) + (x >> extra)
}

/** Writes the block; stored, where that is shorter. @param start of the bytes that the symbols stand for */
export function putBlock(start: usize, length: u32): void {
  increment(literalCount + END_OF_BLOCK * 4)
  buildCodes(literalCount, literalLength, literalCode, LITERALS, 15)
  buildCodes(distanceCount, distanceLength, distanceCode, DISTANCES, 15)
  if (contentBits() >> 3 >= length) {
    putStored(start, length)
    return
  }
  putCodes()
  prepareBits()
  putSymbols()
  putBits(load<u32>(literalCode + END_OF_BLOCK * 4) & 0xffffff, load<u8>(literalLength + END_OF_BLOCK))
  flushBits()
}

function contentBits(): u32 {
  let bits: u32 = 0
  for (let symbol: u32 = 0; symbol < LITERALS; symbol++) {
    bits += load<u32>(literalCount + symbol * 4) * (load<u8>(literalLength + symbol) + literalExtra(symbol))
  }
  for (let symbol: u32 = 0; symbol < DISTANCES; symbol++) {
    const extra: u32 = symbol < 4 ? 0 : (symbol >> 1) - 1
    bits += load<u32>(distanceCount + symbol * 4) * (load<u8>(distanceLength + symbol) + extra)
  }
  return bits
}

function literalExtra(symbol: u32): u32 {
  return symbol < 265 || symbol === 285 ? 0 : ((symbol - 261) >> 2)
}

/** The header of the block: section 3.2.7. */
function putCodes(): void {
  let literals: u32 = LITERALS
  while (literals > 257 && load<u8>(literalLength + literals - 1) === 0) literals--
  let distances: u32 = DISTANCES
  while (distances > 1 && load<u8>(distanceLength + distances - 1) === 0) distances--
  const count = gatherRuns(literals, literals + distances)
  buildCodes(lengthCount, lengthLength, lengthCode, LENGTHS, 7)
  let lengths: u32 = LENGTHS
  while (lengths > 4 && load<u8>(lengthLength + load<u8>(ORDER + lengths - 1)) === 0) lengths--
  putBits(0b100, 3)
  putBits(literals - 257, 5)
  putBits(distances - 1, 5)
  putBits(lengths - 4, 4)
  flushBits()
  for (let at: u32 = 0; at < lengths; at++) {
    putBits(load<u8>(lengthLength + load<u8>(ORDER + at)), 3)
    flushBits()
  }
  for (let at: u32 = 0; at < count; at++) {
    const run = load<u32>(runs + at * 4)
    const symbol = run & 0xff
    putBits(load<u32>(lengthCode + symbol * 4), load<u8>(lengthLength + symbol))
    putBits(run >> 8, symbol < 16 ? 0 : symbol === 18 ? 7 : symbol - 14)
    flushBits()
  }
}

/** Lengths of both alphabets in a row; a run goes from one into the other. @returns how many there are in `runs` */
function gatherRuns(literals: u32, end: u32): u32 {
  memory.fill(lengthCount, 0, LENGTHS * 4)
  let count: u32 = 0
  for (let at: u32 = 0; at < end; ) {
    const length = lengthAt(at, literals)
    let run: u32 = 1
    while (at + run < end && lengthAt(at + run, literals) === length) run++
    at += run
    if (length > 0) {
      count = addRun(count, length, 0)
      run--
    }
    for (const most: u32 = length === 0 ? 138 : 6; run >= 3; ) {
      const part = min<u32>(run, most)
      if (length > 0) count = addRun(count, 16, part - 3)
      else count = part < 11 ? addRun(count, 17, part - 3) : addRun(count, 18, part - 11)
      run -= part
    }
    for (; run > 0; run--) count = addRun(count, length, 0)
  }
  return count
}

function lengthAt(at: u32, literals: u32): u32 {
  return at < literals ? load<u8>(literalLength + at) : load<u8>(distanceLength + at - literals)
}

function addRun(count: u32, symbol: u32, extra: u32): u32 {
  store<u32>(runs + count * 4, symbol | (extra << 8))
  increment(lengthCount + symbol * 4)
  return count + 1
}

/** Puts the length of each code beside it, and the extra bits of matches behind theirs. */
function prepareBits(): void {
  for (let length: u32 = 3; length <= 258; length++) {
    const entry = load<u32>(lengthSymbol + length * 4)
    const symbol = entry & 0xffff
    const bits: u32 = load<u8>(literalLength + symbol)
    const extra = (entry >> 16) & 15
    const code = load<u32>(literalCode + symbol * 4) | ((entry >> 20) << bits)
    store<u32>(matchBits + length * 4, code | ((bits + extra) << 24))
  }
  for (let symbol: u32 = 0; symbol < 256; symbol++) {
    const code = literalCode + symbol * 4
    store<u32>(code, load<u32>(code) | ((load<u8>(literalLength + symbol) as u32) << 24))
  }
  for (let symbol: u32 = 0; symbol < DISTANCES; symbol++) {
    const code = distanceCode + symbol * 4
    store<u32>(code, load<u32>(code) | ((load<u8>(distanceLength + symbol) as u32) << 24))
  }
}

function putSymbols(): void {
  for (let at: usize = symbols; at < last; at += 4) {
    const symbol = load<u32>(at)
    const distance = symbol >> 16
    if (distance === 0) {
      const bits = load<u32>(literalCode + symbol * 4)
      putBits(bits & 0xffffff, bits >> 24)
      // Three literals of 15 bits fit beside what is left of the byte before.
      const second = load<u32>(at + 4)
      if (second < 256 && at + 4 < last) {
        const more = load<u32>(literalCode + second * 4)
        putBits(more & 0xffffff, more >> 24)
        at += 4
      }
    } else {
      const bits = load<u32>(matchBits + (symbol & 0x1ff) * 4)
      putBits(bits & 0xffffff, bits >> 24)
      const own = distanceSymbol(distance)
      const extra: u32 = own < 4 ? 0 : (own >> 1) - 1
      const code = load<u32>(distanceCode + own * 4)
      putBits(code & 0xffffff, code >> 24)
      putBits((distance - 1) & ((1 << extra) - 1), extra)
    }
    flushBits()
  }
}
