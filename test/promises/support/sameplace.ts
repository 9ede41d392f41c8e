import { spawn } from 'node:child_process'
import { chmod, cp, mkdir, mkdtemp, readdir, realpath, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { text } from 'node:stream/consumers'
import { asRoot, runAsRoot } from '../../support/root.ts'
import { repositoryRoot, trixieFolder } from '../../support/tools.ts'

/** What is otherwise in one run than in the one that all are compared with. */
export interface Surroundings {
  readonly name: string
  /** In the folder of the run, which has `home`, `temp` and `work`. */
  readonly env?: (folder: string) => Readonly<Record<string, string>>
  /** What the command line is started through: `taskset -c 0`. */
  readonly through?: readonly string[]
  readonly user?: { readonly uid: number; readonly gid: number }
  readonly cwd?: string
  /** Of the disk, which is the same in content and time. */
  readonly disk?: string
  readonly flags?: (folder: string) => readonly string[]
}

/** Where every user may run the command line. */
export interface SamePlace extends AsyncDisposable {
  file(name: string): string
  /** @returns the digest, and why there is none */
  run(
    surroundings: Surroundings,
    args: readonly string[],
  ): Promise<{ readonly digest: string; readonly stderr: string }>
}

/** The disk's time. */
const MTIME_SECONDS = 1_700_000_000

/** @param disk its content */
export async function samePlace(disk: Buffer): Promise<SamePlace> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'same-')))
  const file = (name: string) => join(folder, name)
  await chmod(folder, 0o755)
  await cp(process.execPath, file('node'))
  await cp(join(repositoryRoot, 'dist'), file('dist'), { recursive: true })
  await cp(join(repositoryRoot, 'package.json'), file('package.json'))
  for (const name of ['disks', 'disks/holes', 'disks/full', 'runs']) await mkdir(file(name))
  await writeFile(file('disks/appliance.raw'), disk)
  await utimes(file('disks/appliance.raw'), MTIME_SECONDS, MTIME_SECONDS)
  for (const [kind, name] of [
    ['always', 'holes'],
    ['never', 'full'],
  ] as const) {
    const copied = ['--preserve=timestamps', `--sparse=${kind}`, file('disks/appliance.raw'), file(`disks/${name}/`)]
    await runAsRoot('cp', ...copied)
  }
  await writeOtherSkopeo(file('skopeo'))
  let runs = 0
  return {
    file,
    run: async (surroundings, args) => {
      const own = file(`runs/${runs++}`)
      for (const path of ['', 'home', 'temp', 'work']) await mkdir(join(own, path))
      for (const path of ['', 'home', 'temp', 'work']) await chmod(join(own, path), 0o777)
      return await run(folder, own, surroundings, args)
    },
    [Symbol.asyncDispose]: async () => {
      await runAsRoot('rm', '-rf', '--one-file-system', '--', folder)
    },
  }
}

/** skopeo of Debian 13, which this machine's loader could not start: a folder to put in front of PATH. */
async function writeOtherSkopeo(folder: string): Promise<void> {
  const root = join(folder, 'root')
  await mkdir(root, { recursive: true })
  const parts = ['./usr/bin/skopeo', './usr/lib/*-linux-gnu', './usr/lib64']
  const words = ['--extract', '--file', join(trixieFolder, 'root.tar'), '--directory', root, '--no-same-owner']
  await runAsRoot('tar', ...words, '--wildcards', ...parts)
  const [libraries = ''] = (await readdir(join(root, 'usr/lib'))).filter((name) => name.endsWith('-linux-gnu'))
  const [loader = ''] = (await readdir(join(root, 'usr/lib', libraries))).filter((name) => /^ld-linux.*\.so/.test(name))
  const path = join(root, 'usr/lib', libraries)
  const script = `#!/bin/sh\nexec ${join(path, loader)} --library-path ${path} ${join(root, 'usr/bin/skopeo')} "$@"\n`
  await mkdir(join(folder, 'bin'))
  await writeFile(join(folder, 'bin/skopeo'), script)
  await chmod(join(folder, 'bin/skopeo'), 0o755)
}

async function run(folder: string, own: string, surroundings: Surroundings, args: readonly string[]) {
  const { env, through = [], user, cwd = own, disk = 'disks/appliance.raw', flags } = surroundings
  const environment = {
    PATH: process.env['PATH'] ?? '',
    HOME: join(own, 'home'),
    TMPDIR: join(own, 'temp'),
    ...env?.(own),
  }
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`)
  const command = [join(folder, 'node'), join(folder, 'dist/cli.js'), '--disk', join(folder, disk), ...args]
  const words = [...through, 'env', '-i', ...variables, ...command, ...(flags?.(own) ?? [])]
  const identity = user === undefined ? [] : [`--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups']
  const [program, ...rest] = user === undefined ? words : asRoot('setpriv', [...identity, ...words]).flat()
  if (program === undefined) throw new Error(`nothing to start in ${basename(own)}`)
  const child = spawn(program, rest, { cwd, stdio: ['ignore', 'pipe', 'pipe'] })
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { digest: stdout.trim(), stderr }
}
