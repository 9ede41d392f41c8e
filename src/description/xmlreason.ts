interface OpenTag {
  readonly name: string
  readonly line: number
}

const REASONS: readonly (readonly [RegExp, (match: RegExpExecArray, open: readonly OpenTag[]) => string])[] = [
  [/^unclosed tag: (.*)$/, ([, name], open) => `<${name}>${ofLine(open)} is never closed: write </${name}>`],
  [/^unexpected close tag/, (_, open) => `this closing tag does not fit: ${expectedTag(open)}`],
  [/^unmatched closing tag: (.*)$/, ([, name = '']) => `</${name.replace(/\.$/, '')}> closes nothing: remove it`],
  [/^undefined entity/, () => 'this &name; is not declared: write & as &amp;'],
  [/^(?:disallowed character in|empty) entity name/, () => 'write & as &amp;'],
  [/^malformed character entity/, () => 'this &#number; is no character'],
  [/^duplicate attribute: (.*)\.$/, ([, name]) => `the attribute ${name} is written twice: remove one`],
  [/^attribute without value/, () => 'this attribute has no value: write name="value"'],
  [/^unquoted attribute value/, () => 'write the value of the attribute in quotes'],
  [/^no whitespace between attributes/, () => 'write a space between the attributes'],
  [/^disallowed character in attribute name/, () => 'an attribute is written name="value"'],
  [/^disallowed character in tag name/, () => 'no element starts so: write < as &lt;'],
  [/^disallowed character/, () => 'this character may not stand here (write < as &lt; and & as &amp;)'],
  [
    /^unbound namespace prefix: "(.*)"/,
    ([, prefix]) => `the prefix ${prefix}: is not declared: add xmlns:${prefix}="…"`,
  ],
  [/^documents may contain only one root/, () => 'only one <image> may stand in the file'],
  [/^text data outside of root node/, () => 'there is text outside of the outermost element: remove it'],
  [/^document must contain a root element/, () => 'the file holds no element: write an <image> description'],
  [/^an XML declaration must be at the start/, () => '<?xml …?> must be the very first in the file'],
  [/^malformed comment/, () => 'a comment may not hold --'],
]

/**
 * Why a document is not well formed, in plain words.
 *
 * @param message of saxes: `line:column: reason`, @param open the elements that are not closed yet, outermost first
 */
export function plainReason(message: string, open: readonly OpenTag[]): string {
  const reason = message.replace(/^(?:\d+:\d+: )/, '')
  for (const [pattern, words] of REASONS) {
    const match = pattern.exec(reason)
    if (match !== null) return `not well-formed XML: ${words(match, open)}`
  }
  return `not well-formed XML: ${reason.replace(/\.$/, '')}`
}

function ofLine(open: readonly OpenTag[]): string {
  const last = open.at(-1)
  return last === undefined ? '' : ` of line ${last.line}`
}

function expectedTag(open: readonly OpenTag[]): string {
  const last = open.at(-1)
  return last === undefined
    ? 'nothing is open'
    : `write </${last.name}> for the <${last.name}> of line ${last.line} first`
}
