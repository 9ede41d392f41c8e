import { spawn } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect } from 'vitest'
import { type ErrorCode, errorCodes } from '../../../src/errorcode.ts'
import { asRoot, runAsRoot } from '../../support/root.ts'
import { repositoryRoot } from '../../support/tools.ts'

/** A folder with a home and a temp of its own, in which the command line runs as a user starts it. */
export interface Place extends AsyncDisposable {
  readonly folder: string
  write(path: string, content: string): Promise<string>
  run(args: readonly string[], options?: RunOptions): Promise<Run>
  /** Opens the folders to every user, and puts node and dist there, which may lie where only we can read. */
  openToAll(): Promise<void>
  /** What is in its temp now: nothing may stay there. */
  leftovers(): Promise<readonly string[]>
}

export interface RunOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly input?: string
  /** Another entry of dist, as a runner starts it. */
  readonly entry?: string
  /** Called with the process, for signals. */
  readonly onStart?: (child: ReturnType<typeof spawn>) => void
  /** Called with each piece of standard error as it comes. */
  readonly onError?: (piece: string, child: ReturnType<typeof spawn>) => void
  /** Another user, who gets nothing of our rights but the folders after `openToAll`. */
  readonly user?: { readonly uid: number; readonly gid: number }
  /** Another machine, made of this one: what a shell does as root in a mount namespace of its own before; ends with `exec "$@"`. */
  readonly machine?: string
}

/** A user who may do nothing: `nobody`. */
export const NOBODY = { uid: 65534, gid: 65534 } as const

export interface Run {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
  /** The lines that begin with `error[CODE]: `, without it. */
  readonly errors: readonly string[]
  /** The codes of those lines, each once. */
  readonly codes: readonly string[]
}

export async function place(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'kiwi-oci-test-'))
  for (const name of ['home', 'temp', 'work']) await mkdir(join(folder, name))
  let program = { node: process.execPath, dist: join(repositoryRoot, 'dist') }
  let remove = () => rm(folder, { recursive: true, force: true })
  return {
    folder: join(folder, 'work'),
    write: async (path, content) => {
      const file = join(folder, 'work', path)
      await mkdir(dirname(file), { recursive: true })
      await writeFile(file, content)
      return file
    },
    run: (args, options = {}) => run(folder, program, args, options),
    openToAll: async () => {
      program = { node: join(folder, 'node'), dist: join(folder, 'dist') }
      await cp(process.execPath, program.node)
      await cp(join(repositoryRoot, 'dist'), program.dist, { recursive: true })
      await cp(join(repositoryRoot, 'package.json'), join(folder, 'package.json'))
      await chmod(folder, 0o755)
      for (const name of ['home', 'temp', 'work']) await chmod(join(folder, name), 0o777)
      remove = async () => void (await runAsRoot('rm', '-rf', '--one-file-system', '--', folder))
    },
    leftovers: () => readdir(join(folder, 'temp')),
    [Symbol.asyncDispose]: () => remove(),
  }
}

async function run(
  folder: string,
  program: { readonly node: string; readonly dist: string },
  args: readonly string[],
  options: RunOptions,
): Promise<Run> {
  const environment = {
    PATH: process.env['PATH'] ?? '',
    HOME: join(folder, 'home'),
    TMPDIR: join(folder, 'temp'),
    ...options.env,
  }
  const entry = join(program.dist, options.entry ?? 'cli.js')
  const command = asUser(options, environment, [program.node, entry, ...args])
  // sudo is looked for where we find it.
  const env = options.user === undefined && options.machine === undefined ? environment : process.env
  const child = spawn(...command, { cwd: join(folder, 'work'), env })
  options.onStart?.(child)
  child.stderr.on('data', (piece: Buffer) => options.onError?.(piece.toString(), child))
  child.stdin.on('error', () => {})
  child.stdin.end(options.input ?? '')
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [stdout, stderr, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  const shown = stderr.split('\n').flatMap((line) => {
    const [, code, message] = /^error\[([a-z-]+)\]: (.*)$/.exec(line) ?? []
    return code === undefined || message === undefined ? [] : [{ code, message }]
  })
  return {
    exitCode,
    stdout,
    stderr,
    errors: shown.map(({ message }) => message),
    codes: [...new Set(shown.map(({ code }) => code))],
  }
}

/** sudo and its own environment stay out of what the other user's program sees. */
function asUser(
  { user, machine }: RunOptions,
  environment: Readonly<Record<string, string>>,
  [program, ...args]: readonly [string, ...string[]],
): [string, string[]] {
  if (user === undefined && machine === undefined) return [program, args]
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`)
  const started = ['env', '-i', ...variables, program, ...args]
  if (machine !== undefined) {
    const apart = ['unshare', '--mount', '--propagation', 'private', 'sh', '-ec', machine, 'sh']
    return asRoot('env', [...variables, ...apart, ...started])
  }
  return asRoot('setpriv', [`--reuid=${user?.uid}`, `--regid=${user?.gid}`, '--clear-groups', ...started])
}

/** Runs a command line that is refused for its inputs or the description: exit code 2, nothing on standard output, nothing left. */
export async function refusals(
  here: Place,
  args: readonly string[],
  options: RunOptions = {},
): Promise<readonly string[]> {
  const refused = await here.run(args, options)
  expect(refused.stdout).toBe('')
  expect(await here.leftovers()).toEqual([])
  expect(refused.exitCode, refused.stderr).toBe(2)
  expect(['input', 'description']).toContain(refused.codes.join())
  return refused.errors
}

/** Runs a command line that fails with this code alone and its exit code: nothing on standard output, nothing left. */
export async function failure(
  here: Place,
  code: ErrorCode,
  args: readonly string[],
  options: RunOptions = {},
): Promise<readonly string[]> {
  const failed = await here.run(args, options)
  expect(failed.stdout).toBe('')
  expect(await here.leftovers()).toEqual([])
  expect(failed.codes, failed.stderr).toEqual([code])
  expect(failed.exitCode, failed.stderr).toBe(errorCodes[code])
  return failed.errors
}

/** A description that KIWI takes, with parts to put in other words. */
export function description(
  parts: {
    readonly type?: string
    readonly repository?: string
    readonly packageManager?: string
    readonly more?: string
  } = {},
): string {
  return `<?xml version="1.0" encoding="utf-8"?>
<image schemaversion="7.4" name="tiny">
  <description type="system">
    <author>a</author><contact>c</contact><specification>s</specification>
  </description>
  ${parts.more ?? ''}<preferences>
    <version>1.0.0</version>
    <packagemanager>${parts.packageManager ?? 'apt'}</packagemanager>
    ${parts.type ?? '<type image="oem" filesystem="ext4"><oemconfig><oem-resize>false</oem-resize></oemconfig></type>'}
  </preferences>
  <repository ${parts.repository ?? 'type="apt-deb" distribution="bookworm"><source path="http://127.0.0.1:9/debian"/>'}</repository>
  <packages type="bootstrap"><package name="base-files"/></packages>
</image>
`
}

/** A raw disk of whole sectors. */
export const DISK = 'disk'.repeat(1024)
