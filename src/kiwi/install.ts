import { chmod, mkdir, rm, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from '../command.ts'
import { CommandError, HostError, InputError, lacksSpace, spaceError } from '../errors.ts'
import { type Digest, digestOf } from '../oci/digest.ts'
import { putText } from '../oci/store/file.ts'
import type { Report } from '../report.ts'
import requirements from './requirements.json' with { type: 'json' }
import { PINNED_VERSION } from './version.ts'

export interface KiwiInstallation {
  /** An exact version on PyPI. */
  readonly version: string
  /** An empty folder to fill; it may be copied elsewhere afterwards. `path/kiwi-ng` in it is the program. */
  readonly folder: string
  /** Name or path of the Python 3 that KIWI shall run with. */
  readonly python: string
  readonly report: Report
  readonly signal?: AbortSignal
}

/** Nothing is taken from a cache of another day, and a network that fails for a moment is no failure. */
const PIP_OPTIONS = [
  '--quiet',
  '--no-input',
  '--no-cache-dir',
  '--disable-pip-version-check',
  '--retries',
  '5',
  '--no-compile',
]
const SHOWN_VERSIONS = 5

/**
 * Stands alone in its folder, so that a PATH with it offers kiwi-ng and no other Python. It finds the Python of the
 * virtual environment from where it lies itself: the scripts that pip writes hold the path they were installed at. `-I`
 * keeps modules of the working folder and of the user out of a program that runs as root, `-B` keeps root from writing
 * into a folder of the user.
 */
const LAUNCHER = `#!/bin/sh
here=$(dirname -- "$(readlink -f -- "$0")")
exec "$here/../bin/python" -I -B -c 'import sys
sys.argv[0] = "kiwi-ng"
from kiwi.kiwi import main
sys.exit(main())' "$@"
`

/** What kiwi-ng of a version is made of: another lock or launcher gives another digest. */
export function kiwiLock(version: string): Digest {
  return digestOf(JSON.stringify([version, LAUNCHER, version === PINNED_VERSION ? requirements : 'as PyPI has it']))
}

/**
 * Installs kiwi-ng from PyPI into a virtual environment of its own. The pinned version and all it needs are locked by
 * hash; of any other version pip chooses the dependencies.
 *
 * @throws InputError when PyPI does not have the version, HostError when this Python cannot make virtual environments or
 *   is too old, CommandError when pip fails otherwise
 */
export async function installKiwi(installation: KiwiInstallation): Promise<void> {
  const { version, folder, report, signal } = installation
  const lines: string[] = []
  const options = {
    ...(signal ? { signal } : {}),
    onLine: (line: string) => lines.push(line),
  }
  report.info(`installing kiwi-ng ${version} from PyPI`)
  await makeEnvironment(installation)
  const pip = (args: readonly string[]) =>
    runCommand(join(folder, 'bin/python'), ['-I', '-m', 'pip', 'install', ...PIP_OPTIONS, ...args], options)
  try {
    if (version === PINNED_VERSION) await installLocked(folder, pip)
    else await pip([`kiwi==${version}`])
  } catch (error) {
    if (!(error instanceof CommandError) || lacksSpace(error)) throw spaceError(error, folder)
    throw explained(error, version, lines)
  }
  await compile(folder, signal)
  await writeLauncher(folder)
}

async function makeEnvironment({ folder, python, signal }: KiwiInstallation): Promise<void> {
  try {
    await runCommand(python, ['-m', 'venv', folder], signal ? { signal } : {})
  } catch (error) {
    if (!(error instanceof CommandError) || error.outcome.kind !== 'exit' || lacksSpace(error)) {
      throw spaceError(error, folder)
    }
    // Debian and Ubuntu ship the module without what it installs.
    throw new HostError(
      'host-python',
      `${python} cannot make a virtual environment`,
      'install the package python3-venv',
    )
  }
}

/** KIWI comes as source: what builds it is locked as well, so pip must not fetch it by itself. */
async function installLocked(folder: string, pip: (args: readonly string[]) => Promise<unknown>): Promise<void> {
  const file = join(folder, 'requirements.txt')
  for (const [lines, options] of [
    [requirements.dependencies, []],
    [requirements.kiwi, ['--no-deps', '--no-build-isolation']],
  ] as const) {
    await putText(file, lines.map((line) => `${line}\n`).join(''))
    await pip(['--require-hashes', ...options, '--requirement', file])
  }
  await rm(file)
}

/** Compiled files that do not look at the time of their source: a copy of the folder has other times. */
async function compile(folder: string, signal?: AbortSignal): Promise<void> {
  const args = ['-I', '-m', 'compileall', '-q', '--invalidation-mode', 'unchecked-hash', join(folder, 'lib')]
  // Some packages carry files for other versions of Python, which then make it exit with 1.
  await runCommand(join(folder, 'bin/python'), args, { accept: [0, 1], ...(signal ? { signal } : {}) })
}

async function writeLauncher(folder: string): Promise<void> {
  const launcher = join(folder, 'path/kiwi-ng')
  await mkdir(join(folder, 'path'))
  await putText(launcher, LAUNCHER)
  await chmod(launcher, 0o755)
  await rm(join(folder, 'bin/kiwi-ng'), { force: true })
  await symlink('../path/kiwi-ng', join(folder, 'bin/kiwi-ng'))
}

/** pip lists what there is: `… (from versions: 9.0.0, 9.0.1)`, and apart from it what asks for a newer Python. */
function explained(error: CommandError, version: string, lines: readonly string[]): Error {
  const text = lines.join('\n')
  if (!text.includes(`No matching distribution found for kiwi==${version}`)) return error
  const ignored = /different python version: (.*)/.exec(text)?.[1] ?? ''
  const needs = ignored.split('; ').find((entry) => entry.startsWith(`${version} Requires-Python `))
  if (needs !== undefined) {
    const python = needs.replace(/^\S+ Requires-Python /, '')
    return new HostError(
      'host-python',
      `kiwi-ng ${version} needs Python ${python}`,
      'install one, or set kiwi-version to an older one',
    )
  }
  const versions = /\(from versions: ([^)]*)\)/.exec(text)?.[1]?.split(', ') ?? []
  const known = versions.filter((each) => /^\d/.test(each)).slice(-SHOWN_VERSIONS)
  if (known.length === 0) return error
  const expected = `the newest are ${known.join(', ')}`
  return new InputError([{ where: 'input kiwi-version', text: `PyPI has no KIWI '${version}': ${expected}` }])
}
