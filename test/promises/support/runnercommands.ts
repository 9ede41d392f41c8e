/** A workflow command as the runner takes it. */
export interface RunnerCommand {
  /** In lower case. */
  readonly name: string
  readonly properties: Readonly<Record<string, string>>
  readonly data: string
}

/** What the runner makes of what a step prints. */
export interface Reading {
  /** Those that the runner carries out; `stop-commands` and the end of it are none of them. */
  readonly commands: readonly RunnerCommand[]
  /** The lines that the log shows, a command's aside. */
  readonly lines: readonly string[]
  /** Whether commands are still stopped at the end. */
  readonly stopped: boolean
}

/** Every `IActionCommandExtension` of the runner: src/Runner.Worker/ActionCommandManager.cs at 258d6c8. */
export const RUNNER_COMMANDS = [
  ...['add-mask', 'add-matcher', 'add-path', 'debug', 'echo', 'endgroup', 'error', 'group'],
  ...['notice', 'remove-matcher', 'save-state', 'set-env', 'set-output', 'warning'],
] as const
const STOP = 'stop-commands'

type Parsed = RunnerCommand | undefined

/**
 * Reads a step's output with a copy of the runner's own parser: ActionCommand.cs and ActionCommandManager.cs at 258d6c8,
 * lines split as .NET's StreamReader splits them.
 */
export function readAsRunner(output: string): Reading {
  const known = new Set<string>([...RUNNER_COMMANDS, STOP])
  const commands: RunnerCommand[] = []
  const lines: string[] = []
  let token: string | undefined
  for (const line of output.split(/\r\n|\r|\n/)) {
    const command = parsedV2(line, known) ?? parsedV1(line, known)
    if (command === undefined) lines.push(line)
    else if (token !== undefined) {
      if (command.name === token) {
        known.delete(token)
        token = undefined
      } else lines.push(line)
    } else if (command.name === STOP) {
      token = command.data.toLowerCase()
      known.add(token)
    } else commands.push(command)
  }
  return { commands, lines, stopped: token !== undefined }
}

/** `Char.IsWhiteSpace` of .NET: NEL is white there and not in JavaScript, the byte order mark the other way round. */
const WHITE = '[\\t-\\r\\u0020\\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]'
const LEADING = new RegExp(`^${WHITE}+`)

/** `TryParseV2`: `::name key=value,key=value::data` at the start of a line, after blanks. */
function parsedV2(line: string, known: ReadonlySet<string>): Parsed {
  const message = line.replace(LEADING, '')
  if (!message.startsWith('::')) return undefined
  const end = message.indexOf('::', 2)
  if (end < 0) return undefined
  const signs = { '%0D': '\r', '%0A': '\n', '%3A': ':', '%2C': ',', '%25': '%' }
  return command({ info: message.slice(2, end), separator: ',', data: message.slice(end + 2), known, signs })
}

/** `TryParse`: `##[name key=value;key=value]data` anywhere in a line. */
function parsedV1(line: string, known: ReadonlySet<string>): Parsed {
  const start = line.indexOf('##[')
  const end = start < 0 ? -1 : line.indexOf(']', start)
  if (end < 0) return undefined
  const signs = { '%3B': ';', '%0D': '\r', '%0A': '\n', '%5D': ']', '%25': '%' }
  return command({ info: line.slice(start + 3, end), separator: ';', data: line.slice(end + 1), known, signs })
}

interface Spelled {
  readonly info: string
  readonly separator: string
  readonly data: string
  readonly known: ReadonlySet<string>
  /** In the order in which the runner replaces them. */
  readonly signs: Readonly<Record<string, string>>
}

function command({ info, separator, data, known, signs }: Spelled): Parsed {
  const space = info.indexOf(' ')
  const name = (space < 0 ? info : info.slice(0, space)).toLowerCase()
  if (!known.has(name)) return undefined
  const plain = (text: string) =>
    Object.entries(signs).reduce((left, [escaped, sign]) => left.replaceAll(escaped, sign), text)
  const pairs =
    space < 0
      ? []
      : info
          .slice(space + 1)
          .trim()
          .split(separator)
  const properties = pairs.flatMap((pair) => {
    const [, key, value] = /^=*([^=]+)=(.+)$/s.exec(pair) ?? []
    return key === undefined || value === undefined ? [] : [[key.toLowerCase(), plain(value)] as const]
  })
  return { name, properties: Object.fromEntries(properties), data: plain(data) }
}

/**
 * Reads a file of file commands (GITHUB_OUTPUT, GITHUB_STATE, GITHUB_ENV): `NAME=VALUE`, or `NAME<<END` with lines up to
 * END; src/Runner.Worker/FileCommandManager.cs, `EnvFileKeyValuePairs`.
 *
 * @throws Error where the runner would fail the step
 */
export function readFileCommands(text: string): readonly (readonly [name: string, value: string])[] {
  const pairs: [string, string][] = []
  const lines = text.split(/\r\n|\r|\n/)
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? ''
    if (line === '') continue
    const [equals, heredoc] = [line.indexOf('='), line.indexOf('<<')]
    if (equals >= 0 && (heredoc < 0 || equals < heredoc)) {
      pairs.push([line.slice(0, equals), line.slice(equals + 1)])
      continue
    }
    if (heredoc < 0) throw new Error(`the runner refuses the line ${line}`)
    const end = lines.indexOf(line.slice(heredoc + 2), at + 1)
    if (end < 0) throw new Error(`the runner finds no end of ${line}`)
    pairs.push([line.slice(0, heredoc), lines.slice(at + 1, end).join('\n')])
    at = end
  }
  return pairs
}
