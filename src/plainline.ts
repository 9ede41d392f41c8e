import { stripVTControlCharacters } from 'node:util'

/**
 * A text that may quote somebody else's words as one line that moves no cursor: without colours, ends of lines and control
 * characters, and without the marks that turn the direction of what follows (Unicode TR9), which show another text than
 * there is. NEL is among them, which .NET and with it the runner takes for a blank.
 */
export function plainLine(text: string): string {
  return stripVTControlCharacters(text)
    .replaceAll(/[\r\n]+/g, ' ')
    .replaceAll(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, ' ')
}
