import type { Problem } from '../errors.ts'
import { similarWords } from '../spelling.ts'
import {
  INPUT_NAMES,
  type InputName,
  inputDefinition,
  inputNamed,
  MERGE_NAMES,
  rawEntries,
  similarNames,
  splitsAtCommas,
} from './raw.ts'

/** `merge` as the first word; all else builds or wraps. */
export type CommandName = 'build' | 'merge'

/** A command line, taken apart. */
export interface CommandLine {
  readonly command: CommandName
  readonly raw: ReadonlyMap<InputName, readonly string[]>
  readonly metadataFile?: string
  readonly passwordFromStdin: boolean
  readonly help: boolean
  readonly version: boolean
  readonly problems: readonly Problem[]
}

const SHORT: ReadonlyMap<string, string> = new Map([
  ['-h', '--help'],
  ['help', '--help'],
  ['-V', '--version'],
])

/** The flags of a command: inputs, and those that are only for a terminal. */
const COMMANDS = {
  build: {
    program: 'kiwi-oci',
    inputs: INPUT_NAMES,
    own: ['help', 'version', 'metadata-file', 'password-stdin'],
    example: '--description',
  },
  merge: {
    program: 'kiwi-oci merge',
    inputs: MERGE_NAMES,
    own: ['help', 'version', 'password-stdin'],
    example: '--images',
  },
} as const

/**
 * `--name VALUE`, `--name=VALUE`, and `--name` alone for booleans. A value may begin with a dash: every flag but the
 * booleans takes the next word whatever it is, so that `--kiwi-arguments --clear-cache` needs no equals sign.
 */
export function parseArguments(words: readonly string[]): CommandLine {
  const raw = new Map<InputName, readonly string[]>()
  const own = new Map<string, string>()
  const problems: Problem[] = []
  const refuse = (where: string, text: string) => problems.push({ where, text })
  const [first = ''] = words
  const command = similarWords(first, ['merge']).length > 0 ? 'merge' : 'build'
  if (command !== first && command === 'merge') refuse(first, 'is no command: did you mean merge?')
  const { inputs, own: ownFlags } = COMMANDS[command]
  const rest = words.slice(command === 'merge' ? 1 : 0).map((word) => SHORT.get(word) ?? word)
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const [, name = '', , given] = /^--([^=]+)(=(.*))?$/s.exec(word) ?? []
    const input = inputNamed(name, inputs)
    if (input === 'password') {
      refuse('--password', 'a password on the command line can be seen by everybody: use --password-stdin')
      if (given === undefined) rest.shift()
    } else if (ownFlags.some((flag) => flag === name))
      own.set(name, given ?? (name === 'metadata-file' ? (rest.shift() ?? '') : 'true'))
    else if (input === undefined) {
      refuse(name === '' ? word : `--${name}`, unknownFlag(word, name, command))
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
    command,
    raw,
    ...(metadataFile ? { metadataFile } : {}),
    passwordFromStdin: own.has('password-stdin'),
    help: own.has('help'),
    version: own.has('version'),
    problems,
  }
}

function add(raw: Map<InputName, readonly string[]>, name: InputName, value: string): void {
  // One flag is one entry, whatever it holds, but for lists of words, of tags and of images.
  const entries = splitsAtCommas(name) ? rawEntries(name, value) : [value]
  raw.set(name, [...(raw.get(name) ?? []), ...entries])
}

function unknownFlag(word: string, name: string, command: CommandName): string {
  const { program, inputs, example } = COMMANDS[command]
  if (name === '') return `is no flag: every value belongs to one, like ${example} ${word}`
  const similar = similarNames(name, inputs).map((known) => `--${known}`)
  return `is no flag of ${program}${similar.length > 0 ? `: did you mean ${similar.join(' or ')}?` : ': see --help'}`
}

const HEADS: Readonly<Record<CommandName, readonly string[]>> = {
  build: [
    'Usage: kiwi-oci --description PATH | --disk FILE  [--tags REF --push] [--export DEST] …',
    '       kiwi-oci merge --images REF@DIGEST --images REF@DIGEST --tags REF …',
    '',
    'Takes a KIWI image description and leaves a bootable VM disk in a registry as an OCI image.',
    'merge makes one tag of images for several platforms: see kiwi-oci merge --help.',
    'The digest goes to standard output, everything else to standard error.',
    'Booleans: --push or --push=false, --cache=false and so on.',
  ],
  merge: [
    'Usage: kiwi-oci merge --images REGISTRY/NAME@DIGEST --images REGISTRY/NAME@DIGEST --tags REGISTRY/NAME:TAG …',
    '',
    'Makes one index of images that were pushed by digest, one for each platform, and moves the tags to it.',
    'The digest of the index goes to standard output, everything else to standard error.',
  ],
}

/** Where an input means less to a merge, what it means there. */
const MERGE_HELP: { readonly [name in InputName]?: string } = {
  tags: 'references of the index, at least one',
  annotations: 'level index, or manifest-descriptor[OS/ARCH] for its entries',
  registry: "registry of the login; default: the tags' one",
  'install-tools': 'install skopeo where it is missing; default: false',
}

const OWN_HELP = {
  'password-stdin': ['--password-stdin', 'read the password from standard input; or set KIWI_OCI_PASSWORD'],
  'metadata-file': ['--metadata-file FILE', 'write what came out as JSON'],
  version: ['--version', 'print the version'],
  help: ['--help', 'print this'],
} as const

/** @returns the text of `--help`. */
export function helpText(command: CommandName = 'build'): string {
  const { inputs, own } = COMMANDS[command]
  const rows = inputs
    .filter((name) => name !== 'password')
    .map((name) => {
      const { kind, value, help } = inputDefinition(name)
      const text = (command === 'merge' ? MERGE_HELP[name] : undefined) ?? help
      const more = splitsAtCommas(name) ? ' (repeat, or use commas)' : ' (repeat for more)'
      return [`--${name}${value ? ` ${value}` : ''}`, `${text}${kind === 'list' ? more : ''}`] as const
    })
  const ownRows = Object.entries(OWN_HELP)
    .filter(([flag]) => own.some((each) => each === flag))
    .map(([, row]) => row)
  const lines = [...rows, ...ownRows].map(([flag, help]) =>
    flag.length > 32 ? `  ${flag}\n${' '.repeat(36)}${help}` : `  ${flag.padEnd(34)}${help}`.trimEnd(),
  )
  const exits = 'Exit code: 0 done, 2 an input or the description has to be changed, 1 all else.'
  return [...HEADS[command], exits, '', ...lines].join('\n')
}
