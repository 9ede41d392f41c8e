import { spawn } from 'node:child_process'
import { chmod, chown, cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect } from 'vitest'
import { repositoryRoot } from '../../support/tools.ts'

/** A folder with a home and a temp of its own, in which the command line runs as a user starts it. */
export interface Place extends AsyncDisposable {
  readonly folder: string
  write(path: string, content: string): Promise<string>
  run(args: readonly string[], options?: RunOptions): Promise<Run>
  /** Gives the folders to an ordinary user, and node and dist with them, which may lie where only we can read. */
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
  readonly uid?: number
}

export interface Run {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
  /** The lines that begin with `error: `, without it. */
  readonly errors: readonly string[]
}

export async function place(): Promise<Place> {
  const folder = await mkdtemp(join(tmpdir(), 'kiwi-oci-test-'))
  for (const name of ['home', 'temp', 'work']) await mkdir(join(folder, name))
  let program = { node: process.execPath, dist: join(repositoryRoot, 'dist') }
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
      for (const name of ['home', 'temp', 'work']) await chown(join(folder, name), 65534, 65534)
    },
    leftovers: () => readdir(join(folder, 'temp')),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
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
  const child = spawn(program.node, [entry, ...args], {
    cwd: join(folder, 'work'),
    env: environment,
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid }),
  })
  options.onStart?.(child)
  child.stderr.on('data', (piece: Buffer) => options.onError?.(piece.toString(), child))
  child.stdin.on('error', () => {})
  child.stdin.end(options.input ?? '')
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [stdout, stderr, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  const errors = stderr
    .split('\n')
    .flatMap((line) => (line.startsWith('error: ') ? [line.slice('error: '.length)] : []))
  return { exitCode, stdout, stderr, errors }
}

/** Runs a command line that has to be refused: exit code 2, nothing on standard output, nothing left. */
export async function refusals(
  here: Place,
  args: readonly string[],
  options: RunOptions = {},
): Promise<readonly string[]> {
  const refused = await here.run(args, options)
  expect(refused.stdout).toBe('')
  expect(await here.leftovers()).toEqual([])
  expect(refused.exitCode, refused.stderr).toBe(2)
  return refused.errors
}

/** Runs a command line that fails for a reason outside of the inputs: exit code 1, nothing left. */
export async function failure(
  here: Place,
  args: readonly string[],
  options: RunOptions = {},
): Promise<readonly string[]> {
  const failed = await here.run(args, options)
  expect(failed.stdout).toBe('')
  expect(await here.leftovers()).toEqual([])
  expect(failed.exitCode, failed.stderr).toBe(1)
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
