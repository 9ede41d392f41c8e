import type { Problem } from '../errors.ts'
import {
  INPUT_NAMES,
  type InputName,
  inputDefinition,
  inputNamed,
  rawEntries,
  similarNames,
  splitsAtCommas,
} from './raw.ts'

/** A command line, taken apart. */
export interface CommandLine {
  readonly raw: ReadonlyMap<InputName, readonly string[]>
  readonly metadataFile?: string
  readonly passwordFromStdin: boolean
  readonly help: boolean
  readonly version: boolean
  readonly problems: readonly Problem[]
}

const SHORT: Readonly<Record<string, string>> = { '-h': '--help', help: '--help', '-V': '--version' }
const OWN_FLAGS = ['help', 'version', 'metadata-file', 'password-stdin']

/**
 * `--name VALUE`, `--name=VALUE`, and `--name` alone for booleans. A value may begin with a dash: every flag but the
 * booleans takes the next word whatever it is, so that `--kiwi-arguments --clear-cache` needs no equals sign.
 */
export function parseArguments(words: readonly string[]): CommandLine {
  const raw = new Map<InputName, readonly string[]>()
  const own = new Map<string, string>()
  const problems: Problem[] = []
  const refuse = (where: string, text: string) => problems.push({ where, text })
  const rest = words.map((word) => SHORT[word] ?? word)
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [, name = '', , given] = /^--([^=]+)(=(.*))?$/s.exec(word) ?? []
    const input = inputNamed(name)
    if (input === 'password') {
      refuse('--password', 'a password on the command line can be seen by everybody: use --password-stdin')
      if (given === undefined) rest.shift()
    } else if (OWN_FLAGS.includes(name))
      own.set(name, given ?? (name === 'metadata-file' ? (rest.shift() ?? '') : 'true'))
    else if (input === undefined) {
      refuse(name === '' ? word : `--${name}`, unknownFlag(word, name))
      // Its value is no second mistake.
      if (name !== '' && given === undefined && rest[0]?.startsWith('--') === false) rest.shift()
    } else if (given !== undefined) add(raw, input, given)
    else if (inputDefinition(input).kind === 'boolean')
      add(raw, input, /^(true|false)$/i.test(rest[0] ?? '') ? (rest.shift() ?? '') : 'true')
    else if (rest.length > 0) add(raw, input, rest.shift() ?? '')
    else refuse(`--${name}`, `needs a value: write ${word} ${inputDefinition(input).value}`)
  }
  const metadataFile = own.get('metadata-file')
  if (metadataFile === '') refuse('--metadata-file', 'needs a value: write --metadata-file FILE')
  return {
    raw,
    ...(metadataFile ? { metadataFile } : {}),
    passwordFromStdin: own.has('password-stdin'),
    help: own.has('help'),
    version: own.has('version'),
    problems,
  }
}

function add(raw: Map<InputName, readonly string[]>, name: InputName, value: string): void {
  // One flag is one entry, whatever it holds, but for lists of words and of tags.
  const entries = splitsAtCommas(name) ? rawEntries(name, value) : [value]
  raw.set(name, [...(raw.get(name) ?? []), ...entries])
}

function unknownFlag(word: string, name: string): string {
  if (name === '') return `is no flag: every value belongs to one, like --description ${word}`
  const similar = similarNames(name).map((known) => `--${known}`)
  return `is no flag of kiwi-oci${similar.length > 0 ? `: did you mean ${similar.join(' or ')}?` : ': see --help'}`
}

/** @returns the text of `--help`. */
export function helpText(): string {
  const rows = INPUT_NAMES.filter((name) => name !== 'password').map((name) => {
    const { kind, value, help } = inputDefinition(name)
    return [`--${name}${value ? ` ${value}` : ''}`, `${help}${kind === 'list' ? ' (repeat for more)' : ''}`] as const
  })
  const own = [
    ['--password-stdin', 'read the password from standard input; or set KIWI_OCI_PASSWORD'],
    ['--metadata-file FILE', 'write what came out as JSON'],
    ['--version', ''],
    ['--help', ''],
  ] as const
  const lines = [...rows, ...own].map(([flag, help]) =>
    flag.length > 32 ? `  ${flag}\n${' '.repeat(36)}${help}` : `  ${flag.padEnd(34)}${help}`.trimEnd(),
  )
  return [
    'Usage: kiwi-oci --description PATH | --disk FILE  [--tags REF --push] [--export DEST] …',
    '',
    'Takes a KIWI image description and leaves a bootable VM disk in a registry as an OCI image.',
    'The digest goes to standard output, everything else to standard error.',
    'Booleans: --push or --push=false, --cache=false and so on.',
    'Exit code: 0 done, 2 an input or the description has to be changed, 1 all else.',
    '',
    ...lines,
  ].join('\n')
}
