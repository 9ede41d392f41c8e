/** What one call of `kiwi-ng system build` is made from; all paths are absolute. */
export interface BuildArguments {
  readonly type?: string
  readonly profiles: readonly string[]
  /** The staged description. */
  readonly description: string
  readonly target: string
  readonly sharedCache: string
  readonly temp: string
  readonly logFile: string
  /** The inputs of these names, one argument per entry. */
  readonly globalArguments: readonly string[]
  readonly buildArguments: readonly string[]
}

/** The part of them that says which build of the description is meant. */
export type Selection = Pick<BuildArguments, 'type' | 'profiles' | 'globalArguments'>

/**
 * The argument list of `kiwi-ng` for a build. Values stand behind `=`, so that none is taken for an option, in a
 * spelling that the docopt of KIWI 9 and the typer of KIWI 10 and later both read.
 */
export function kiwiArguments(build: BuildArguments): readonly string[] {
  return [
    ...selectionArguments(build),
    `--shared-cache-dir=${build.sharedCache}`,
    `--temp-dir=${build.temp}`,
    `--logfile=${build.logFile}`,
    ...build.globalArguments,
    'system',
    'build',
    `--description=${build.description}`,
    `--target-dir=${build.target}`,
    ...build.buildArguments,
  ]
}

/** The argument list of `kiwi-ng` that only reads and judges the description (KIWI 9 has no cache option there). */
export function checkArguments(selection: Selection, description: string, temp: string): readonly string[] {
  return [
    ...selectionArguments(selection),
    `--temp-dir=${temp}`,
    ...selection.globalArguments,
    'image',
    'info',
    `--description=${description}`,
  ]
}

function selectionArguments({ type, profiles }: Selection): readonly string[] {
  return [...(type === undefined ? [] : [`--type=${type}`]), ...profiles.map((profile) => `--profile=${profile}`)]
}

const OURS = 'is set by kiwi-oci'
const NO_BUILD = 'builds nothing: leave it out'

/** Options that we set, or that would take the build out of our hands: why, and what to use instead. */
const RESERVED: Readonly<Record<string, string>> = {
  '--description': `${OURS}: use the input description`,
  '--kiwi-file': `${OURS}: name the file in the input description`,
  '--target-dir': `${OURS}: name another place with the input work-dir`,
  '--temp-dir': `${OURS}: name another place with the input work-dir`,
  '--shared-cache-dir': `${OURS}: leave it out`,
  '--logfile': `${OURS}: leave it out, the log is kept`,
  '--type': `${OURS}: use the input type`,
  '--profile': `${OURS}: use the input profiles`,
  '--allow-existing-root': 'has no use, each build has a folder of its own: leave it out',
  '--set-container-derived-from': 'does not reach the image: use the input base-image',
  '--set-container-tag': 'does not reach the image: use the input tags',
  '--add-container-label': 'does not reach the image: use the input labels',
  '--debug-run-scripts-in-screen': 'needs a terminal: leave it out, or use --debug',
  '--compat': 'speaks the arguments of KIWI 7: leave it out',
  '--install-completion': NO_BUILD,
  '--show-completion': NO_BUILD,
  '--help': NO_BUILD,
  '--version': NO_BUILD,
}
const SHORT: Readonly<Record<string, string>> = { '-h': '--help', '-v': '--version' }

/** Attributes of `<type>` that decide what is built, with the input for each. */
const RESERVED_ATTRIBUTES: Readonly<Record<string, string>> = {
  format: 'format',
  image: 'type',
  derived_from: 'base-image',
}

/**
 * What stands in the inputs `kiwi-global-arguments` or `kiwi-arguments` although it is not the user's to set, both as
 * `--x=y` and as `--x`, also shortened as the docopt of KIWI 9 allows (`--desc`).
 *
 * @returns one sentence for each, without the input's name
 */
export function reservedArguments(list: readonly string[]): readonly string[] {
  return list.flatMap((argument, index) => {
    const [name = '', ...value] = argument.split('=')
    if (argument === '--') return ["'--' is no argument of KIWI: leave it out"]
    const reserved = reservedName(name)
    if (reserved !== undefined) return [`${name} ${RESERVED[reserved]}`]
    if (name !== '--set-type-attr') return []
    const attribute = value[0] ?? list[index + 1]?.split('=')[0] ?? ''
    const input = RESERVED_ATTRIBUTES[attribute]
    return input === undefined ? [] : [`--set-type-attr ${attribute}=… ${OURS}: use the input ${input}`]
  })
}

function reservedName(name: string): string | undefined {
  const short = SHORT[name]
  if (short !== undefined) return short
  // An option of its own, although another one begins like it.
  if (!name.startsWith('--') || name.length < 4 || name === '--debug') return undefined
  return Object.keys(RESERVED).find((reserved) => reserved.startsWith(name))
}
