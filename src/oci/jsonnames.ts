/**
 * A name that stands twice in one object of a JSON text, if there is one. Readers differ in which of them counts, and
 * Go's decoder, which podman, docker and skopeo read documents with, puts both together (RFC 8259 section 4).
 *
 * @param text valid JSON
 */
export function repeatedName(text: string): string | undefined {
  const open: (Set<string> | undefined)[] = []
  for (let at = 0; at < text.length; at++) {
    const sign = text[at]
    if (sign === '{') open.push(new Set())
    else if (sign === '[') open.push(undefined)
    else if (sign === '}' || sign === ']') open.pop()
    else if (sign === '"') {
      const end = stringEnd(text, at)
      const names = open.at(-1)
      if (names !== undefined && isName(text, end)) {
        const name = String(JSON.parse(text.slice(at, end)))
        if (names.has(name)) return name
        names.add(name)
      }
      at = end - 1
    }
  }
  return undefined
}

/**
 * Names of an object that are one of `known` but for their case, which Go's decoder takes for it (encoding/json,
 * `Unmarshal`), as it does with the two letters that fold to `k` and `s`.
 */
export function miswrittenNames(value: object, known: readonly string[]): readonly string[] {
  const folded = new Map(known.map((name) => [name.toLowerCase(), name]))
  return Object.keys(value).filter((name) => {
    const meant = folded.get(name.toUpperCase().toLowerCase())
    return meant !== undefined && meant !== name
  })
}

/** Behind the closing quote of the string that begins at `start`. */
function stringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === '"') return at + 1
  }
  return text.length
}

function isName(text: string, end: number): boolean {
  let at = end
  while (/[ \t\r\n]/.test(text[at] ?? '')) at++
  return text[at] === ':'
}
