import { join } from 'node:path'
import { runCommand } from '../command.ts'
import { CommandError, HostError, hostError, wasAskedToEnd } from '../errors.ts'
import { type Distribution, readDistribution } from '../host/distribution.ts'
import type { DescriptionFacts, HostFacts } from '../host/facts.ts'
import { canInstall, installTools, missingToolsError } from '../host/install.ts'
import { machineLacks, rootLacks } from '../host/machine-lacks.ts'
import { findProgram, missingTools, searchFolders } from '../host/missing.ts'
import { findPrivileges, type Privileges } from '../host/privileges.ts'
import type { Tool } from '../host/tool.ts'
import { toolNeeds } from '../host/tools.ts'
import { installKiwi } from '../kiwi/install.ts'
import { kiwiVersionIn } from '../kiwi/version.ts'
import type { Report } from '../report.ts'
import { type FolderKeeping, makeJobFolder, removeMarked } from './workfolder.ts'

/** Where a kiwi-ng that we installed is kept: on this machine. */
export interface KiwiShelf {
  /** The folder of this version, if it is kept here and is what was kept, to the last byte. */
  find(version: string): Promise<string | undefined>
  /** Keeps a copy of the folder; returns where. */
  keep(folder: string, version: string): Promise<string>
}

export interface ToolJob extends FolderKeeping {
  readonly facts: HostFacts
  readonly installs: boolean
  readonly searchPath: string
  readonly temp: string
  readonly shelf: KiwiShelf
  /** What is lacking where the job will build; left out where nothing is built afterwards, and the machine may be any. */
  readonly lacks?: readonly HostError[]
  readonly nowSeconds: number
  readonly report: Report
  readonly signal: AbortSignal
}

/** The kiwi-ng to build with. */
export interface Kiwi {
  readonly path: string
  readonly version: string
}

/**
 * Makes sure of every tool the job needs, and before it installs any, of all that no package brings. Tools that are there
 * are used as they are.
 *
 * @returns kiwi-ng; undefined where the job builds nothing
 * @throws HostError, or HostErrors with all at once, where something is missing that may not or cannot be installed
 */
export async function readyTools(job: ToolJob): Promise<Kiwi | undefined> {
  const { facts, report, nowSeconds, signal } = job
  const folders = searchFolders(job.searchPath)
  const distribution = await readDistribution()
  const missing = await missingTools(toolNeeds(facts), folders)
  const kiwi = facts.source === 'description' ? await presentKiwi(facts.kiwiVersion, folders, job) : undefined
  // Asked only where something is done as root: sudo tells its administrator of each question.
  const asks = facts.source === 'description' || (job.installs && missing.length > 0)
  const privileges: Privileges = asks ? await findPrivileges() : { kind: 'none' }
  const machine = facts.source === 'description' ? await lacksOf(facts, { privileges, folders }, job) : []
  const lack = hostError([...machine, ...toolLacks({ missing, kiwi, distribution }, job), ...(job.lacks ?? [])])
  if (lack) throw lack
  await installTools({ missing, distribution, privileges, folders, report, nowSeconds, signal })
  const shown = facts.source === 'registry' ? ['skopeo'] : ['skopeo', 'qemu-img']
  for (const program of shown) report.info(await versionLine(program))
  if (facts.source !== 'description') return undefined
  const ready = kiwi ?? (await newKiwi(facts.kiwiVersion, folders, job))
  report.info(`kiwi-ng ${ready.version} (${ready.path})`)
  return ready
}

async function lacksOf(
  facts: HostFacts & DescriptionFacts,
  { privileges, folders }: { readonly privileges: Privileges; readonly folders: readonly string[] },
  job: ToolJob,
): Promise<readonly HostError[]> {
  return job.lacks === undefined ? rootLacks(privileges) : machineLacks(facts, privileges, folders)
}

/** What is missing of programs and files that may not be installed, or that no package is known to bring. */
function toolLacks(
  {
    missing,
    kiwi,
    distribution,
  }: { missing: readonly Tool[]; kiwi: Kiwi | undefined; distribution: Distribution | undefined },
  { facts, installs }: ToolJob,
): readonly HostError[] {
  if (installs)
    return missing.length > 0 && !canInstall(missing, distribution) ? [missingToolsError(missing, distribution)] : []
  if (facts.source === 'description' && facts.kiwiVersion !== 'system' && kiwi === undefined) {
    return [withKiwi(facts.kiwiVersion, missing, distribution)]
  }
  return missing.length > 0 ? [missingToolsError(missing, distribution)] : []
}

/** The kiwi-ng of the machine where it is the wanted one, else one that we installed before. */
async function presentKiwi(wanted: string, folders: readonly string[], job: ToolJob): Promise<Kiwi | undefined> {
  const found = await findProgram(['kiwi-ng'], folders)
  const version = found === undefined ? undefined : await versionOf(found)
  if (found !== undefined && version !== undefined && (wanted === 'system' || version === wanted)) {
    return { path: found, version }
  }
  const kept = wanted === 'system' ? undefined : await job.shelf.find(wanted)
  return kept === undefined ? undefined : keptKiwi(kept, wanted)
}

async function newKiwi(wanted: string, folders: readonly string[], job: ToolJob): Promise<Kiwi> {
  if (wanted !== 'system') return freshKiwi(wanted, job)
  const installed = await presentKiwi(wanted, folders, job)
  if (installed) return installed
  throw new HostError('host-kiwi', 'the kiwi-ng of this machine does not start', 'run kiwi-ng --version to see why')
}

/** A kept kiwi-ng works no more when the Python that it was made with is gone. */
async function keptKiwi(folder: string, version: string): Promise<Kiwi | undefined> {
  const path = launcher(folder)
  return (await versionOf(path)) === version ? { path, version } : undefined
}

async function freshKiwi(version: string, job: ToolJob): Promise<Kiwi> {
  const folder = await makeJobFolder(job.temp, 'kiwi-', job)
  try {
    await installKiwi({ version, folder, python: 'python3', report: job.report, signal: job.signal })
    const path = launcher(await job.shelf.keep(folder, version))
    const works = await versionOf(path)
    if (works !== version)
      throw new HostError('host-kiwi', `kiwi-ng ${version} does not start`, `run ${path} --version to see why`)
    return { path, version }
  } finally {
    await removeMarked(folder)
  }
}

function launcher(folder: string): string {
  return join(folder, 'path', 'kiwi-ng')
}

async function versionOf(kiwi: string): Promise<string | undefined> {
  try {
    return kiwiVersionIn((await runCommand(kiwi, ['--version'], { timeoutSeconds: 60 })).stdout.toString('utf8'))
  } catch (error) {
    if (error instanceof CommandError && !wasAskedToEnd(error)) return undefined
    throw error
  }
}

async function versionLine(program: string): Promise<string> {
  const { stdout } = await runCommand(program, ['--version'], { timeoutSeconds: 60 })
  return stdout.toString('utf8').split('\n')[0] ?? program
}

function withKiwi(
  version: string,
  missing: Parameters<typeof missingToolsError>[0],
  distribution: Distribution | undefined,
): HostError {
  const kiwi = `this machine lacks kiwi-ng ${version}`
  const remedy = 'set install-tools, which puts it into a folder of its own'
  if (missing.length === 0) return new HostError('host-tools', kiwi, remedy)
  return new HostError('host-tools', `${kiwi}, and ${missingToolsError(missing, distribution).message}`, remedy)
}
