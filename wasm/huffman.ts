/**
 * Length-limited Huffman codes of one alphabet, canonical and with their bits reversed as deflate sends them; RFC 1951,
 * section 3.2.2. Lengths by Moffat and Katajainen, "In-Place Calculation of Minimum-Redundancy Codes" (WADS 1995), then
 * cut to the limit by lengthening the shortest codes that can be.
 */

const SYMBOLS_MAX = 288
const LENGTH_MAX = 15
/** frequency << 9 | symbol, the rarest first. */
const sorted = memory.data((SYMBOLS_MAX + 1) * 4)
const depths = memory.data((SYMBOLS_MAX + 1) * 4)
const counts = memory.data((LENGTH_MAX + 2) * 4)
const next = memory.data((LENGTH_MAX + 2) * 4)

// @ts-expect-error
@inline
function get(array: usize, at: u32): u32 {
  return load<u32>(array + (at << 2))
}

// @ts-expect-error
@inline
function set(array: usize, at: u32, value: u32): void {
  store<u32>(array + (at << 2), value)
}

/**
 * @param frequencies u32 for each symbol, below 2 ** 23
 * @param lengths u8 for each symbol: receives the length of its code, 0 where it does not occur
 * @param codes u32 for each symbol: receives its code
 * @param limit of the lengths; 2 ** limit codes are more than symbols
 */
export function buildCodes(frequencies: usize, lengths: usize, codes: usize, symbols: u32, limit: u32): void {
  memory.fill(lengths, 0, symbols)
  let used: u32 = 0
  for (let symbol: u32 = 0; symbol < symbols; symbol++) {
    const frequency = get(frequencies, symbol)
    if (frequency > 0) set(sorted, used++, (frequency << 9) | symbol)
  }
  // One code of one bit: a decoder may refuse a code of none (section 3.2.7).
  if (used < 2) store<u8>(lengths + (used === 0 ? 0 : get(sorted, 0) & 511), 1)
  else assignLengths(lengths, used, limit)
  assignCodes(lengths, codes, symbols, limit)
}

function assignLengths(lengths: usize, used: u32, limit: u32): void {
  heapSort(used)
  for (let i: u32 = 0; i < used; i++) set(depths, i, get(sorted, i) >> 9)
  optimalDepths(used as i32)
  memory.fill(counts, 0, (LENGTH_MAX + 2) * 4)
  let space: u32 = 0
  for (let i: u32 = 0; i < used; i++) {
    const depth = min<u32>(get(depths, i), limit)
    set(counts, depth, get(counts, depth) + 1)
    space += 1 << (limit - depth)
  }
  // Each round turns one shorter code and one of the longest into two that are one bit longer than the shorter one.
  for (; space > (1 as u32) << limit; space--) {
    let depth = limit - 1
    while (get(counts, depth) === 0) depth--
    set(counts, depth, get(counts, depth) - 1)
    set(counts, depth + 1, get(counts, depth + 1) + 2)
    set(counts, limit, get(counts, limit) - 1)
  }
  let i: u32 = 0
  for (let depth = limit; depth >= 1; depth--) {
    for (let left = get(counts, depth); left > 0; left--) store<u8>(lengths + (get(sorted, i++) & 511), depth as u8)
  }
}

function assignCodes(lengths: usize, codes: usize, symbols: u32, limit: u32): void {
  memory.fill(counts, 0, (LENGTH_MAX + 2) * 4)
  for (let symbol: u32 = 0; symbol < symbols; symbol++) {
    const length = load<u8>(lengths + symbol)
    if (length > 0) set(counts, length, get(counts, length) + 1)
  }
  let code: u32 = 0
  for (let length: u32 = 1; length <= limit; length++) {
    code = (code + get(counts, length - 1)) << 1
    set(next, length, code)
  }
  for (let symbol: u32 = 0; symbol < symbols; symbol++) {
    const length: u32 = load<u8>(lengths + symbol)
    if (length === 0) continue
    const own = get(next, length)
    set(next, length, own + 1)
    set(codes, symbol, reversed(own, length))
  }
}

function reversed(code: u32, length: u32): u32 {
  let result: u32 = 0
  for (; length > 0; length--) {
    result = (result << 1) | (code & 1)
    code >>= 1
  }
  return result
}

function heapSort(count: u32): void {
  for (let i = (count >> 1) as i32 - 1; i >= 0; i--) sift(i, count)
  for (let end = count - 1; end > 0; end--) {
    const largest = get(sorted, 0)
    set(sorted, 0, get(sorted, end))
    set(sorted, end, largest)
    sift(0, end)
  }
}

function sift(at: u32, end: u32): void {
  const value = get(sorted, at)
  for (let child: u32 = 2 * at + 1; child < end; child = 2 * at + 1) {
    if (child + 1 < end && get(sorted, child + 1) > get(sorted, child)) child++
    if (get(sorted, child) <= value) break
    set(sorted, at, get(sorted, child))
    at = child
  }
  set(sorted, at, value)
}

/** The paper's three passes over `depths`: weights become parents, then depths of inner nodes, then of the leaves. */
function optimalDepths(count: i32): void {
  let root: i32 = 0
  let leaf: i32 = 2
  set(depths, 0, get(depths, 0) + get(depths, 1))
  for (let node: i32 = 1; node < count - 1; node++) {
    let weight: u32 = 0
    for (let child = 0; child < 2; child++) {
      if (leaf >= count || (root < node && get(depths, root) < get(depths, leaf))) {
        weight += get(depths, root)
        set(depths, root++, node)
      } else weight += get(depths, leaf++)
    }
    set(depths, node, weight)
  }
  set(depths, count - 2, 0)
  for (let node = count - 3; node >= 0; node--) set(depths, node, get(depths, get(depths, node)) + 1)
  let open: i32 = 1
  root = count - 2
  leaf = count - 1
  for (let depth: u32 = 0; open > 0; depth++) {
    let inner: i32 = 0
    for (; root >= 0 && get(depths, root) === depth; root--) inner++
    for (; open > inner; open--) set(depths, leaf--, depth)
    open = 2 * inner
  }
}
