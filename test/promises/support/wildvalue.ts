import fc from 'fast-check'

/** What has led parsers astray: shells, paths, numbers at their ends, names that objects have by themselves. */
const TRAPS: readonly string[] = [
  '',
  ' ',
  '\0',
  '\n',
  '\r\n',
  '\ufeff',
  '\ud800',
  '\u2028',
  '\u001b[31m',
  '/',
  '.',
  '..',
  '../../outside/gone',
  '/dev/null',
  '/proc/self/environ',
  '~',
  '-',
  '--',
  '-o',
  '--help',
  '@',
  ':',
  '::set-output name=digest::x',
  '##[add-mask]x',
  '$(touch outside/shell)',
  '`touch outside/shell`',
  '; touch outside/shell #',
  '| touch outside/shell',
  '%s%n',
  '$HOME',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'null',
  'NaN',
  '-1',
  '0x10',
  '1e999',
  '9007199254740993',
  'json:{}',
  'nbd:unix:/gone',
  'sha256:',
  `sha256:${'a'.repeat(64)}`,
  `sha256:${'A'.repeat(64)}`,
  'sha256:../../../../outside/gone',
  'a'.repeat(300),
  '((((((((((a+)+)+)+)+)+)+)+)+)+)b',
]

/** Texts of every kind, of which those that are near to something are the likelier ones. */
export const wildText: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...TRAPS) },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 12 }) },
  { weight: 2, arbitrary: fc.string({ maxLength: 20 }) },
  { weight: 1, arbitrary: fc.constantFrom('a', '/', ':', '.', '-', '[', '\n').map((one) => one.repeat(20_000)) },
)

/** Values of JSON, of which none may be what a place wants. */
export const wildJson: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: wildText },
  {
    weight: 3,
    arbitrary: fc.constantFrom<unknown>(
      null,
      true,
      false,
      0,
      -1,
      1.5,
      2 ** 53,
      -(2 ** 63),
      1e308,
      [],
      {},
      [[]],
      [null],
    ),
  },
  { weight: 1, arbitrary: fc.integer() },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 3 }) },
)

/** Part of a text: by where it begins and how long it is, in thousandths of the whole. */
const span = fc.record({ at: fc.nat(1000), length: fc.nat(1000) })

/**
 * A text with a few changes: parts taken out, put elsewhere, doubled, replaced by a word or by wild text.
 *
 * @param words that have a meaning in such texts
 */
export function changedText(texts: readonly string[], words: readonly string[]): fc.Arbitrary<string> {
  const added = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...words) }, { weight: 1, arbitrary: wildText })
  const small = fc.record({ at: fc.nat(1000), length: fc.constantFrom(0, 0, 0, 1, 2, 5, 20) })
  const change = fc.oneof(
    { weight: 5, arbitrary: fc.record({ place: small, added }) },
    { weight: 1, arbitrary: fc.record({ place: span, added: fc.constant('') }) },
    { weight: 1, arbitrary: fc.record({ place: span, again: fc.constantFrom(2, 3) }) },
  )
  return fc.tuple(fc.constantFrom(...texts), fc.array(change, { maxLength: 4 })).map(([text, changes]) =>
    changes.reduce((now, each) => {
      const start = Math.floor((each.place.at * now.length) / 1000)
      const isPart = !('added' in each) || each.added === ''
      const end = start + (isPart ? Math.floor((each.place.length * (now.length - start)) / 1000) : each.place.length)
      const put = 'added' in each ? each.added : now.slice(start, end).repeat(each.again)
      return now.slice(0, start) + put + now.slice(end)
    }, text),
  )
}

/**
 * Bytes with a few changes: single ones, numbers of two to eight at their ends, cut, grown.
 *
 * @param spots where changes tell the most, beside all other places
 */
export function changedBytes(files: readonly Buffer[], spots: readonly number[] = []): fc.Arbitrary<Buffer> {
  const piece = fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 8 }),
    fc
      .constantFrom('00', 'ff', '7f', '80', '01', '0a', '2e', '2f')
      .map((byte) => Uint8Array.from(Buffer.from(byte.repeat(8), 'hex'))),
    fc.constantFrom(...TRAPS).map((text) => Uint8Array.from(Buffer.from(text.slice(0, 64)))),
  )
  const anywhere = fc.record({ at: fc.nat(1_000_000), piece })
  const change =
    spots.length === 0 ? anywhere : fc.oneof(anywhere, fc.record({ spot: fc.constantFrom(...spots), piece }))
  const cut = fc.oneof({ weight: 5, arbitrary: fc.constant(1_000_000) }, { weight: 1, arbitrary: fc.nat(1_000_000) })
  const tail = fc.oneof({ weight: 5, arbitrary: fc.constant(new Uint8Array()) }, { weight: 1, arbitrary: piece })
  return fc
    .tuple(fc.constantFrom(...files), fc.array(change, { maxLength: 5 }), cut, tail)
    .map(([file, changes, length, end]) => {
      const bytes = Buffer.from(file)
      for (const each of changes) {
        const at = 'spot' in each ? each.spot : Math.floor((each.at * bytes.length) / 1_000_001)
        if (at < bytes.length) bytes.set(each.piece.subarray(0, bytes.length - at), at)
      }
      return Buffer.concat([bytes.subarray(0, Math.floor((bytes.length * length) / 1_000_000)), end])
    })
}
