import { DescriptionError } from '../errors.ts'
import { descriptionProblem } from './place.ts'

const BYTE_ORDER_MARKS: readonly (readonly [string, readonly number[]])[] = [
  ['utf-32', [0xff, 0xfe, 0x00, 0x00]],
  ['utf-32', [0x00, 0x00, 0xfe, 0xff]],
  ['utf-8', [0xef, 0xbb, 0xbf]],
  ['utf-16le', [0xff, 0xfe]],
  ['utf-16be', [0xfe, 0xff]],
  // No mark, but `<` as UTF-16 writes it (XML 1.0, appendix F).
  ['utf-16le', [0x3c, 0x00]],
  ['utf-16be', [0x00, 0x3c]],
]

/**
 * The text of a description file, without its byte order mark. The encoding is that of the byte order mark, else the
 * one of the XML declaration, else UTF-8 (XML 1.0, appendix F).
 *
 * @param bytes the whole file, @param file where it stands, for the message
 * @throws DescriptionError for an encoding that we do not know, and for bytes that are none in it (with their line)
 */
export function decodedText(bytes: Uint8Array, file: string): string {
  const mark = BYTE_ORDER_MARKS.find(([, start]) => start.every((byte, index) => bytes[index] === byte))
  const declared = declaredEncoding(bytes)
  const encoding = mark?.[0] ?? declared ?? 'utf-8'
  if (mark === undefined && /^(utf-?16|ucs-?2|iso-10646)/i.test(encoding)) {
    throw encodingError(file, 1, `the XML declaration says ${encoding}, but the file is not written so: write UTF-8`)
  }
  const decoder = decoderFor(encoding, file)
  try {
    return decoder.decode(bytes)
  } catch {
    const line = firstBadLine(bytes, encoding)
    throw encodingError(file, line, `these bytes are no ${encoding.toUpperCase()}: save the file as UTF-8`)
  }
}

function declaredEncoding(bytes: Uint8Array): string | undefined {
  const start = Buffer.from(bytes.subarray(0, 1024)).toString('latin1')
  return /^(?:\xef\xbb\xbf)?<\?xml\s[^?]*?encoding\s*=\s*["']([^"']*)["']/.exec(start)?.[1]
}

function decoderFor(encoding: string, file: string) {
  try {
    return new TextDecoder(encoding, { fatal: true })
  } catch {
    throw encodingError(file, 1, `the encoding ${encoding} is not known: save the file as UTF-8 and declare that`)
  }
}

function firstBadLine(bytes: Uint8Array, encoding: string): number {
  if (encoding.startsWith('utf-16')) return 1
  let line = 1
  for (let start = 0; start < bytes.length; line += 1) {
    const newline = bytes.indexOf(0x0a, start)
    const end = newline === -1 ? bytes.length : newline + 1
    try {
      new TextDecoder(encoding, { fatal: true }).decode(bytes.subarray(start, end))
    } catch {
      return line
    }
    start = end
  }
  return line
}

function encodingError(file: string, line: number, text: string): DescriptionError {
  return new DescriptionError([descriptionProblem(file, line, text)])
}
