import { RUNNER_COMMANDS } from './runnercommands.ts'

/** A line that a script prints to command the runner. */
export interface Forgery {
  readonly command: string
  readonly syntax: '::' | '##['
  readonly prefix: string
  readonly stream: 1 | 2
  /** Stands in what the command would set. */
  readonly mark: string
  /** Written one after the other. */
  readonly pieces: readonly string[]
}

/** What the command says beside its name, as the runner's commands need it. */
const PROPERTIES: Readonly<Record<string, string>> = {
  'save-state': 'name=folders',
  'set-env': 'name=PATH',
  'set-output': 'name=digest',
  error: 'file=config.xml',
  'remove-matcher': 'owner=tsc',
}

const NAMES = [...RUNNER_COMMANDS, 'stop-commands', 'internal-set-repo-path', 'start-action', 'SET-OUTPUT name=digest']

/** What may stand before a command and leave it one, or be thought to: blanks of .NET and of JavaScript among it. */
const PREFIXES: Readonly<Record<string, string>> = {
  nothing: '',
  blank: ' ',
  tab: '\t',
  "KIWI's prefix": '[ INFO    ]: 12:00:00 | ',
  "KIWI's debug prefix": '[ DEBUG   ]: 12:00:00 | config.sh: ',
  'a phase of KIWI': '[ INFO    ]: 12:00:00 | Creating system image ',
  'carriage return': '\r',
  'text and carriage return': 'text\r',
  'byte order mark': '\ufeff',
  colour: '\u001b[31m',
  'cleared line': '\u001b[2K\u001b[1G',
  NUL: '\0',
  'vertical tab': '\v',
  'form feed': '\f',
  NEL: '\u0085',
  'no-break space': '\u00a0',
  'ogham space': '\u1680',
  'em space': '\u2003',
  'zero-width space': '\u200b',
  'left-to-right mark': '\u200e',
  'line separator': '\u2028',
  'paragraph separator': '\u2029',
  'narrow space': '\u202f',
  'mathematical space': '\u205f',
  'ideographic space': '\u3000',
  'a thousand blanks': ' '.repeat(1000),
  'a line of 64 KiB': 'x'.repeat(65_536),
  backspaces: 'xx\b\b',
}

/** Every command in both syntaxes, behind each prefix, on both streams, whole and in two pieces. */
export const forgeries: readonly Forgery[] = NAMES.flatMap((command) =>
  (['::', '##['] as const).flatMap((syntax) =>
    Object.entries(PREFIXES).flatMap(([prefix, text]) =>
      ([1, 2] as const).map((stream) => ({ command, syntax, prefix, text, stream })),
    ),
  ),
).map(({ text, ...forgery }, index) => {
  const mark = `forged-${index}-`
  const line = `${text}${spelled(forgery.command, forgery.syntax, mark)}\n`
  const half = text.length + Math.floor((line.length - text.length) / 3)
  // Each command once behind nothing in two pieces, so that no reader of pieces takes a half for a line.
  const pieces = forgery.prefix === 'blank' ? [line.slice(0, half), line.slice(half)] : [line]
  return { ...forgery, mark, pieces }
})

/** A command as the runner reads it. */
export function spelled(command: string, syntax: Forgery['syntax'], data: string): string {
  const properties = PROPERTIES[command]
  const words = properties === undefined ? command : `${command} ${properties}`
  return syntax === '::' ? `::${words}::${data}` : `##[${words}]${data}`
}
