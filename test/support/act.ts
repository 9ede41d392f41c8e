import { execFile, spawn } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { type ActRun, runFromEvents } from './actrun.ts'
import { ACTION, stageAction } from './staging.ts'
import { repositoryRoot, tool } from './tools.ts'

/** As on a hosted runner; nothing of the one who runs the tests. */
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
/** Labels that this machine stands for. */
const RUNNERS = ['ubuntu-latest', 'ubuntu-24.04', 'ubuntu-24.04-arm', 'self-hosted']
/** What a machine needs to reach its package mirrors, where it says so in the environment. */
const NETWORK_VARIABLE =
  /^(https?_proxy|no_proxy|all_proxy|pip_.*|.*_ca_bundle|ssl_cert_(file|dir)|node_extra_ca_certs)$/i

export interface ConsumerRun {
  /** Text of the workflow, which says `uses: acme/kiwi-oci@v1`. */
  readonly workflow: string
  /** Files of the consumer's repository: path and text. */
  readonly files?: Readonly<Record<string, string>>
  /** Files and folders copied into it: path there, path on this machine. */
  readonly copies?: Readonly<Record<string, string>>
  /** Variables that every step sees, such as RUNNER_ENVIRONMENT, which act does not set. */
  readonly env?: Readonly<Record<string, string>>
  readonly secrets?: Readonly<Record<string, string>>
  /** `push` where left out. */
  readonly event?: { readonly name: string; readonly payload?: unknown }
  /** False: no cache service, as on a runner without one. */
  readonly cache?: boolean
  /** Folders in front of the PATH, for stand-ins of programs. */
  readonly path?: readonly string[]
  /** 120 where left out. */
  readonly timeoutSeconds?: number
}

export interface ActOptions {
  /** The repository of the action; this one where left out. */
  readonly repository?: string
  /** Where act's cache service keeps its entries; a folder of this bench where left out. */
  readonly cacheFolder?: string
}

/** A runner with a home, a tool cache and a cache service of its own, which last from one run to the next. */
export interface ActBench extends AsyncDisposable {
  /** Home of the runner's user. */
  readonly home: string
  /** Lines of the action that were written anew for act, as `file:line`. */
  readonly rewritten: readonly string[]
  /** Runs one workflow in a fresh consumer repository. @throws Error when act itself fails or takes too long */
  run(run: ConsumerRun): Promise<ActRun>
}

/** Stages the action and makes the runner. Dispose of it: everything it has is below one temporary folder. */
export async function actBench(options: ActOptions = {}): Promise<ActBench> {
  const root = await mkdtemp(join(tmpdir(), 'kiwi-oci-act-'))
  const dispose = () => rm(root, { recursive: true, force: true })
  try {
    const staged = await stageAction(options.repository ?? repositoryRoot, join(root, 'action'))
    const home = join(root, 'home')
    await mkdir(home)
    await writeNode(join(root, 'bin'))
    const cacheFolder = options.cacheFolder ?? join(root, 'cache')
    return {
      home,
      rewritten: staged.rewritten,
      run: async (run) => {
        const consumer = join(root, 'consumer')
        await writeConsumer(consumer, run)
        const env = { ...staged.env, ...run.env }
        const args = [...actArguments(consumer, staged.folder, { ...run, env }), ...cacheArguments(run, cacheFolder)]
        if (run.event?.payload !== undefined) {
          await writeFile(join(root, 'event.json'), JSON.stringify(run.event.payload))
          args.push('-e', join(root, 'event.json'))
        }
        return runAct(args, actEnvironment(home, [...(run.path ?? []), join(root, 'bin')]), run.timeoutSeconds ?? 120)
      },
      [Symbol.asyncDispose]: dispose,
    }
  } catch (error) {
    await dispose()
    throw error
  }
}

/**
 * act runs a node24 action with whichever node is first on the PATH, so this one goes there. It waits before it ends
 * with a failure: act cuts the log of a step that fails at once.
 */
async function writeNode(folder: string): Promise<void> {
  await mkdir(folder)
  const delay = join(folder, 'delay.cjs')
  const wait = 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000)'
  await writeFile(delay, `process.on('exit', (code) => { if (code) ${wait} })\n`)
  const node = join(folder, 'node')
  await writeFile(node, `#!/bin/sh\nexec '${process.execPath}' --require '${delay}' "$@"\n`)
  await chmod(node, 0o755)
}

async function writeConsumer(folder: string, run: ConsumerRun): Promise<void> {
  await rm(folder, { recursive: true, force: true })
  const files = { ...run.files, '.github/workflows/image.yml': run.workflow }
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  for (const [path, source] of Object.entries(run.copies ?? {})) {
    await cp(source, join(folder, path), { recursive: true, verbatimSymlinks: true })
  }
  const identity = ['-c', 'user.name=Consumer', '-c', 'user.email=consumer@example.com']
  const git = (...args: string[]) =>
    promisify(execFile)('git', ['-C', folder, ...identity, ...args], {
      env: { PATH: SYSTEM_PATH, HOME: folder, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' },
    })
  await git('init', '-q', '-b', 'main')
  await git('remote', 'add', 'origin', 'https://github.com/acme/consumer.git')
  await git('add', '-A', '-f')
  await git('commit', '-q', '-m', 'What the consumer has')
}

function actArguments(consumer: string, action: string, run: ConsumerRun): string[] {
  const pairs = (flag: string, values: Readonly<Record<string, string>> = {}) =>
    Object.entries(values).flatMap(([name, value]) => [flag, `${name}=${value}`])
  return [
    ...[run.event?.name ?? 'push', '-C', consumer, '-W', '.github/workflows/image.yml', '--rm', '--json'],
    ...RUNNERS.flatMap((label) => ['-P', `${label}=-self-hosted`]),
    ...['--local-repository', `${ACTION}=${action}`],
    ...pairs('--env', run.env),
    ...pairs('-s', run.secrets),
  ]
}

function cacheArguments(run: ConsumerRun, folder: string): readonly string[] {
  if (run.cache === false) return ['--no-cache-server']
  return ['--cache-server-addr', '127.0.0.1', '--cache-server-path', folder]
}

function actEnvironment(home: string, path: readonly string[]): NodeJS.ProcessEnv {
  const network = Object.entries(process.env).filter(([name]) => NETWORK_VARIABLE.test(name))
  return {
    ...Object.fromEntries(network),
    HOME: home,
    XDG_CACHE_HOME: join(home, '.cache'),
    LANG: 'C.UTF-8',
    PATH: [...path, SYSTEM_PATH].join(':'),
  }
}

async function runAct(args: readonly string[], env: NodeJS.ProcessEnv, timeoutSeconds: number): Promise<ActRun> {
  const child = spawn(tool('act'), args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
  const streams: { stdout: Buffer[]; stderr: Buffer[] } = { stdout: [], stderr: [] }
  child.stdout.on('data', (chunk: Buffer) => streams.stdout.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => streams.stderr.push(chunk))
  // At SIGINT act ends the step and still runs what cleans up after it.
  const late = setTimeout(() => child.kill('SIGINT'), timeoutSeconds * 1000)
  const tooLate = setTimeout(() => child.kill('SIGKILL'), (timeoutSeconds + 30) * 1000)
  try {
    const [code, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (...end) => resolve(end))
    })
    const stdout = Buffer.concat(streams.stdout).toString('utf8')
    const result = runFromEvents(stdout, code ?? 128)
    if (child.killed) throw new Error(`act took more than ${timeoutSeconds} s (${signal ?? code}):\n${result.log}`)
    if (Object.keys(result.jobs).length === 0) {
      throw new Error(`act ran no job:\n${stdout}${Buffer.concat(streams.stderr).toString('utf8')}`)
    }
    return result
  } finally {
    clearTimeout(late)
    clearTimeout(tooLate)
  }
}
