import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { runCommand } from '../command.ts'
import { CommandError, HostError } from '../errors.ts'
import type { Report } from '../report.ts'
import type { Distribution } from './distribution.ts'
import { missingTools } from './missing.ts'
import { asRoot, type Privileges } from './privileges.ts'
import type { Tool } from './tool.ts'

const LOCK_SECONDS = 300
const PAUSE_SECONDS = 5
/** How long a package may take to be unpacked and configured. */
const PACKAGE_SECONDS = 120
const OLD_LISTS_SECONDS = 24 * 60 * 60

/** A program and its arguments, as root runs it. */
export interface Invocation {
  readonly program: string
  readonly args: readonly string[]
}

export interface Installation {
  readonly missing: readonly Tool[]
  readonly distribution: Distribution | undefined
  readonly privileges: Privileges
  /** Where programs are looked for, `searchFolders(PATH)`. */
  readonly folders: readonly string[]
  readonly report: Report
  /** The time now, in seconds since 1970: package lists older than a day are fetched again. */
  readonly nowSeconds: number
  readonly signal?: AbortSignal
  /** Where apt keeps its lists. */
  readonly listsFolder?: string
}

/** The packages that bring some tools on a distribution, each once, and the tools for which none is known. */
export function packagesFor(
  tools: readonly Tool[],
  distribution: Distribution | undefined,
): { readonly packages: readonly string[]; readonly unknown: readonly Tool[] } {
  const named = tools.map((tool) => (distribution ? tool.packages[distribution.packages] : undefined))
  return {
    packages: [...new Set(named.filter((name) => name !== undefined))],
    unknown: tools.filter((_, index) => named[index] === undefined),
  }
}

/** Whether packages are known that bring all of them. */
export function canInstall(tools: readonly Tool[], distribution: Distribution | undefined): boolean {
  return distribution !== undefined && packagesFor(tools, distribution).unknown.length === 0
}

/** The command that installs packages without asking and without what they only recommend. */
export function installCommand(packages: readonly string[], { installer }: Distribution): Invocation {
  switch (installer) {
    case 'apt':
      // DPkg::Lock::Timeout waits for another apt or dpkg; it does not cover the lock of `apt-get update`.
      return aptGet([
        `-oDPkg::Lock::Timeout=${LOCK_SECONDS}`,
        'install',
        '--yes',
        '--no-install-recommends',
        ...packages,
      ])
    case 'dnf':
      return { program: 'dnf', args: ['install', '--assumeyes', '--setopt=install_weak_deps=False', ...packages] }
    case 'zypper': {
      const args = ['zypper', '--non-interactive', 'install', '--no-recommends', ...packages]
      return { program: 'env', args: [`ZYPP_LOCK_TIMEOUT=${LOCK_SECONDS}`, ...args] }
    }
  }
}

/** What to say where tools are missing and we were not asked to install them: all of them, and the line to copy. */
export function missingToolsError(missing: readonly Tool[], distribution: Distribution | undefined): HostError {
  const { packages, unknown } = packagesFor(missing, distribution)
  const remedies: string[] = []
  if (distribution && packages.length > 0) {
    const words = {
      apt: 'apt-get install --no-install-recommends',
      dnf: 'dnf install',
      zypper: 'zypper install --no-recommends',
    }
    remedies.push(`run \`sudo ${words[distribution.installer]} ${packages.join(' ')}\` or set install-tools`)
  }
  if (unknown.length > 0) remedies.push(unpackaged(unknown, distribution))
  return new HostError('host-tools', `this machine lacks ${listed(missing)}`, remedies.join('; '))
}

/**
 * Installs the packages that bring the missing tools, then looks again. Does nothing where none is missing.
 *
 * @throws HostError where the distribution is none that we know, a tool has no package, we cannot become root, or a
 *   tool is still missing afterwards
 * @throws CommandError where the package manager fails
 */
export async function installTools(installation: Installation): Promise<void> {
  const { missing, distribution, report } = installation
  if (missing.length === 0) return
  const { packages, unknown } = packagesFor(missing, distribution)
  if (distribution === undefined || unknown.length > 0) throw missingToolsError(missing, distribution)
  const { program, args } = installCommand(packages, distribution)
  report.group(`Installing ${packages.join(' ')}`)
  try {
    for (const tool of missing) report.info(`${tool.name}: ${tool.reason}`)
    if (distribution.installer === 'apt') await installByApt(packages, { program, args }, installation)
    else await run({ program, args }, installation)
  } finally {
    report.endGroup()
  }
  const still = await missingTools(missing, installation.folders)
  if (still.length > 0) {
    const brought = packagesFor(still, distribution).packages.join(' ')
    throw new HostError(
      'host-packages',
      `${listed(still)} still missing after ${brought} was installed`,
      `see what \`${program} ${args.join(' ')}\` prints, and install what brings it`,
    )
  }
}

async function installByApt(
  packages: readonly string[],
  install: Invocation,
  installation: Installation,
): Promise<void> {
  const { report } = installation
  const old = await listsAreOld(installation.listsFolder ?? '/var/lib/apt/lists', installation.nowSeconds)
  let updated = old || (await unknownToApt(packages, installation)).length > 0
  if (updated) await updateLists(installation)
  const unknown = await unknownToApt(packages, installation)
  if (unknown.length > 0) {
    throw new HostError(
      'host-packages',
      `apt does not find ${unknown.join(', ')} in the sources of this machine`,
      'add a source that has them (on Ubuntu: `add-apt-repository universe`) or install the tools in another way',
    )
  }
  for (;;) {
    try {
      return await run(install, installation)
    } catch (error) {
      // Lists of yesterday name package files that a mirror has replaced since.
      if (updated || !(error instanceof CommandError) || error.outcome.kind !== 'exit') throw error
      report.info('apt-get failed; trying once more with fresh package lists')
      updated = true
      await updateLists(installation)
    }
  }
}

/** `apt-get update` gives up at once where another one holds the lock of the lists, whatever Lock::Timeout says. */
async function updateLists(installation: Installation): Promise<void> {
  let failures = 0
  for (let waited = 0; ; waited += PAUSE_SECONDS) {
    try {
      return await run(aptGet(['-oAcquire::Retries=3', 'update']), installation)
    } catch (error) {
      if (!(error instanceof CommandError) || error.outcome.kind !== 'exit') throw error
      const locked = error.lastLines.some((line) => /could not get lock|unable to lock/i.test(line))
      if (!locked) failures += 1
      if (failures >= 3 || waited >= LOCK_SECONDS) throw error
      installation.report.info(`apt-get update ${locked ? 'waits for another apt' : 'failed'}; trying again`)
      await pause(PAUSE_SECONDS * 1000, undefined, installation.signal ? { signal: installation.signal } : {})
    }
  }
}

async function listsAreOld(folder: string, nowSeconds: number): Promise<boolean> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.includes('_Packages'))
  if (names.length === 0) return true
  const times = await Promise.all(names.map(async (name) => (await stat(join(folder, name))).mtimeMs / 1000))
  // The time of a list is that of the mirror; what says when it was fetched is the folder, renamed into by apt.
  const fetched = (await stat(folder)).mtimeMs / 1000
  return nowSeconds - Math.max(fetched, ...times) > OLD_LISTS_SECONDS
}

async function unknownToApt(packages: readonly string[], { signal }: Installation): Promise<readonly string[]> {
  const { stdout } = await runCommand('env', ['LC_ALL=C', 'apt-cache', 'policy', ...packages], {
    ...(signal && { signal }),
  })
  return unknownPackages(packages, stdout.toString('utf8'))
}

/** Which packages `apt-cache policy` knows no candidate of; it says nothing at all about those it never heard of. */
export function unknownPackages(packages: readonly string[], policy: string): readonly string[] {
  const known = new Set<string>()
  let name = ''
  for (const line of policy.split('\n')) {
    name = /^(\S+):$/.exec(line)?.[1] ?? name
    if (/^ {2}Candidate: (?!\(none\))/.test(line)) known.add(name)
  }
  return packages.filter((wanted) => !known.has(wanted))
}

function aptGet(args: readonly string[]): Invocation {
  return { program: 'env', args: ['DEBIAN_FRONTEND=noninteractive', 'LC_ALL=C', 'apt-get', ...args] }
}

async function run(invocation: Invocation, { privileges, report, signal }: Installation): Promise<void> {
  const { program, args } = asRoot(privileges, invocation.program, invocation.args)
  await runCommand(program, args, {
    onLine: (line) => report.output(line),
    // apt and dnf end after the package at hand; what is cut in the middle has to be mended by hand.
    stopSignal: 'SIGINT',
    graceSeconds: PACKAGE_SECONDS,
    ...(signal && { signal }),
  })
}

function unpackaged(tools: readonly Tool[], distribution: Distribution | undefined): string {
  const names = tools.map((tool) => tool.name).join(', ')
  return distribution
    ? `no package of ${distribution.id} is known to bring ${names}: install it in another way`
    : `this is no Debian, Ubuntu, Fedora or SUSE system whose packages we know: install ${names} yourself`
}

function listed(tools: readonly Tool[]): string {
  return tools.map((tool) => `${tool.name} (${tool.reason})`).join(', ')
}
