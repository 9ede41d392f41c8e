/** Replaces a span of a text; offsets count UTF-16 code units, `end` is exclusive. */
export interface TextEdit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/**
 * The text with the spans replaced. All else stays as it is, character by character.
 *
 * @param edits in any order; they may not overlap
 */
export function editedText(text: string, edits: readonly TextEdit[]): string {
  const ordered = [...edits].sort((one, other) => one.start - other.start || one.end - other.end)
  const parts: string[] = []
  let done = 0
  for (const edit of ordered) {
    if (edit.start < done) throw new Error(`edits overlap at ${edit.start}`)
    parts.push(text.slice(done, edit.start), edit.text)
    done = edit.end
  }
  parts.push(text.slice(done))
  return parts.join('')
}

/** Removes a span and leaves its line ends, so that the lines below keep their numbers. */
export function removal(text: string, span: { readonly start: number; readonly end: number }): TextEdit {
  const lineEnds = text.slice(span.start, span.end).match(/\r\n|\r|\n/g) ?? []
  return { start: span.start, end: span.end, text: lineEnds.join('') }
}

/** Text as it is written between two tags (XML 1.0 section 2.4). */
export function escapedText(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/\r/g, '&#13;')
}

/** A value as it is written between quotes of either kind: white space other than the space survives as a reference only. */
export function escapedValue(value: string): string {
  const quoted = escapedText(value).replace(/"/g, '&quot;').replace(/'/g, '&apos;')
  return quoted.replace(/\t/g, '&#9;').replace(/\n/g, '&#10;')
}
