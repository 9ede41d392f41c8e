/** Keyword to value; POSIX.1 pax, "pax Extended Header". */
export type PaxRecords = ReadonlyMap<string, string>

/**
 * The records `LENGTH KEYWORD=VALUE\n` of an extended header; an empty value takes back what was said for all entries.
 *
 * @param failed makes the error to throw
 */
export function paxRecords(bytes: Buffer, failed: (reason: string) => Error): PaxRecords {
  const records = new Map<string, string>()
  for (let at = 0; at < bytes.length; ) {
    const space = bytes.indexOf(0x20, at)
    const digits = space < 0 ? '' : bytes.toString('latin1', at, space)
    const length = /^\d{1,7}$/.test(digits) ? Number(digits) : 0
    const end = at + length
    if (end <= space + 1 || end > bytes.length || bytes[end - 1] !== 0x0a)
      throw failed('a record of its extended header is broken')
    const equals = bytes.indexOf(0x3d, space)
    if (equals < 0 || equals >= end) throw failed('a record of its extended header has no keyword')
    records.set(bytes.toString('utf8', space + 1, equals), bytes.toString('utf8', equals + 1, end - 1))
    at = end
  }
  return records
}
