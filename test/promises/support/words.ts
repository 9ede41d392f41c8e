/** Words of somebody else that would command the runner, a terminal or a page of Markdown, wherever ours quote them. */
export const WORDS: Readonly<Record<string, string>> = {
  'a command behind NEL': '\u0085::set-output name=digest::forged',
  'a command behind a blank': ' ::set-output name=digest::forged',
  'a command in brackets': 'x ##[set-output name=digest]forged',
  'a command in a line of its own': 'x\n::set-output name=digest::forged\n',
  'a command behind a carriage return': 'x\r::set-output name=digest::forged',
  'an escaped line': '%0A::set-output name=digest::forged',
  Markdown: '`|<img src=forged>\n\n```\n# forged\n',
  'letters that run backwards': 'x\u202eforged\u2066',
  'control characters': 'x\u009b2J\u0085forged\u007f',
}

/** All of them in one. */
export const ALL_WORDS = Object.values(WORDS).join('')

/** As XML has them, where they stand in an attribute or between tags. */
export function inXml(word: string): string {
  return word.replaceAll(/[^\w .:/-]/g, (sign) => `&#${sign.codePointAt(0)};`)
}

/** What of a text moves a cursor, hides letters or turns them round: all controls but the end of a line, and marks of direction. */
export function unprintable(text: string): readonly string[] {
  const signs = text.match(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu) ?? []
  return [...new Set(signs.filter((sign) => sign !== '\n'))].map((sign) => `U+${sign.codePointAt(0)?.toString(16)}`)
}

/** What of a summary is no longer ours: an element, a heading, a table that ends early. */
export function unescaped(markdown: string): readonly string[] {
  const prose = markdown.replaceAll(/^```sh\n.*?\n```$/gms, '').replaceAll(/`[^`\n]*`|\\[\\`*_{}[\]<>#|!]/g, '')
  return [/<(?!br>)[^>]*>?/, /^#+ *forged/m, /^```/m].flatMap((pattern) => pattern.exec(prose)?.[0] ?? [])
}
