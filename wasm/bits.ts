/** The bit stream of a deflate block: bits go in from the least significant one; RFC 1951, section 3.1.1. */

let out: usize = 0
let buffer: u64 = 0
let filled: u32 = 0

export function startBits(target: usize): void {
  out = target
  buffer = 0
  filled = 0
}

/** Where the next whole byte goes. */
export function bitsEnd(): usize {
  return out
}

/** At most 57 bits between two calls of `flushBits`. */
// @ts-expect-error: decorators of functions are AssemblyScript's
@inline
export function putBits(bits: u64, count: u32): void {
  buffer |= bits << filled
  filled += count
}

/** Writes the whole bytes; up to eight bytes behind the end are overwritten. */
// @ts-expect-error
@inline
export function flushBits(): void {
  store<u64>(out, buffer)
  out += filled >> 3
  buffer >>= filled & 56
  filled &= 7
}

/** Stored blocks, none of them the last; section 3.2.4. Of no bytes at all it is the empty one that ends at a whole byte. */
export function putStored(start: usize, length: u32): void {
  do {
    const part = min<u32>(length, 65535)
    putBits(0, 3)
    filled = (filled + 7) & ~7
    flushBits()
    store<u16>(out, part as u16)
    store<u16>(out + 2, ~(part as u16))
    memory.copy(out + 4, start, part)
    out += 4 + part
    start += part
    length -= part
  } while (length > 0)
}
