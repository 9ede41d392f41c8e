import { machine, tmpdir, userInfo } from 'node:os'
import { join, resolve } from 'node:path'
import { HostError } from '../errors.ts'
import type { InputFacts } from '../inputs/reader.ts'
import type { RunnerJob } from '../job/holder.ts'
import { machinePlatform, type Platform } from '../oci/platform.ts'
import { proxyVariables, takeProxies } from './proxies.ts'

/**
 * What the environment of a step says: read here once, handed on as plain values.
 */
export interface Surroundings {
  /** Where folders for one job are made, absolute. */
  readonly temp: string
  /** The folder of ours that stays between jobs on this machine. */
  readonly cacheFolder: string
  /** A GitHub-hosted runner: nothing on its disk stays, the Actions cache does. */
  readonly hosted: boolean
  readonly searchPath: string
  readonly uid: number
  readonly gid: number
  readonly machine: Platform
  /** KIWI's name of the architecture, `uname -m`. */
  readonly architecture: string
  readonly nodePath: string
  readonly supervisorPath: string
  /** The file of what removes folders of a killed process. */
  readonly abandonedPath: string
  /** The runner's job that we are a step of. */
  readonly runnerJob?: RunnerJob
  /** Existing logins in skopeo's order of preference; the files may be absent. */
  readonly loginFiles: readonly string[]
  /** Proxy variables, the only ones of ours that KIWI gets. */
  readonly proxies: Readonly<Record<string, string>>
  /** A file that replaces the table of public mirrors. */
  readonly mirrorsFile?: string
  readonly sourceDateEpoch?: string
}

export function surroundings(environment: NodeJS.ProcessEnv): Surroundings {
  const uid = process.getuid?.() ?? 0
  const gid = process.getgid?.() ?? 0
  const home = resolve(environment['HOME'] || homeOf(uid))
  const caches = environment['XDG_CACHE_HOME'] || join(home, '.cache')
  const mirrorsFile = environment['KIWI_OCI_MIRRORS']
  const sourceDateEpoch = environment['SOURCE_DATE_EPOCH']
  const runnerJob = jobOfRunner(environment)
  const proxies = proxyVariables(environment)
  takeProxies(proxies)
  return {
    temp: resolve(environment['RUNNER_TEMP'] || tmpdir()),
    cacheFolder: resolve(caches, 'kiwi-oci'),
    hosted: environment['RUNNER_ENVIRONMENT'] === 'github-hosted',
    searchPath: environment['PATH'] ?? '',
    uid,
    gid,
    machine: machinePlatform(process.arch),
    architecture: machine(),
    nodePath: process.execPath,
    supervisorPath: resolve(import.meta.dirname, 'supervisor.js'),
    abandonedPath: resolve(import.meta.dirname, 'abandoned.js'),
    loginFiles: loginFiles(environment, home, uid),
    proxies,
    ...(runnerJob ? { runnerJob } : {}),
    ...(mirrorsFile ? { mirrorsFile } : {}),
    ...(sourceDateEpoch ? { sourceDateEpoch } : {}),
  }
}

/** @throws HostError where the system knows no home of this user, as of a number alone in a container */
function homeOf(uid: number): string {
  try {
    return userInfo().homedir
  } catch {
    throw new HostError('host-folder', `the user ${uid} has no home folder`, 'set HOME to a folder of yours')
  }
}

/** The names of a run alone are not enough: a job that is run again, or of a matrix, has them too. */
function jobOfRunner(environment: NodeJS.ProcessEnv): RunnerJob | undefined {
  const temp = environment['RUNNER_TEMP']
  const tracking = environment['RUNNER_TRACKING_ID']
  if (!temp || !tracking) return undefined
  const names = ['GITHUB_REPOSITORY', 'GITHUB_RUN_ID', 'GITHUB_RUN_ATTEMPT', 'GITHUB_JOB']
  return { temp: resolve(temp), job: [...names.map((name) => environment[name] ?? ''), tracking].join(' ') }
}

/** Where skopeo looks (containers-auth.json(5)), the first file that is set or there wins for a registry. */
function loginFiles(environment: NodeJS.ProcessEnv, home: string, uid: number): readonly string[] {
  const given = environment['REGISTRY_AUTH_FILE']
  if (given) return [given]
  const runtime = environment['XDG_RUNTIME_DIR']
  const config = environment['XDG_CONFIG_HOME'] || join(home, '.config')
  return [
    ...(runtime ? [join(runtime, 'containers/auth.json')] : []),
    `/run/containers/${uid}/auth.json`,
    join(config, 'containers/auth.json'),
    join(environment['DOCKER_CONFIG'] || join(home, '.docker'), 'config.json'),
  ]
}

/** What the defaults and the wording of inputs depend on. */
export function inputFacts(around: Surroundings, origin: 'action' | 'command line'): InputFacts {
  return {
    machine: around.machine,
    architecture: around.architecture,
    installTools: origin === 'action',
    ...(around.sourceDateEpoch === undefined ? {} : { sourceDateEpoch: around.sourceDateEpoch }),
  }
}
