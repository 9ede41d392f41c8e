import { execFile, spawn } from 'node:child_process'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mountsBelow, readMountPoints } from '../../../src/host/mounts.ts'
import { type Console, consoleOf } from '../../support/console.ts'
import { asRoot, runAsRoot } from '../../support/root.ts'

/** podman as root, with settings and a storage of its own: the machine's stay as they are. */
export interface Podman extends AsyncDisposable {
  /** Everything it has is below this folder. */
  readonly folder: string
  /** Runs a command to its end. @param options.cwd what relative names of images start from */
  call(args: readonly string[], options?: { readonly cwd?: string }): Promise<PodmanCall>
  /** Starts a command in a terminal, as `-it` wants it. Whatever runs is ended with the folder. */
  terminal(args: readonly string[], options?: { readonly cwd?: string }): Console
}

export interface PodmanCall {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** @throws Error when podman is missing */
export async function startPodman(): Promise<Podman> {
  const folder = await mkdtemp(join(tmpdir(), 'kiwi-oci-podman-'))
  const settings = join(folder, 'containers.conf')
  await writeFile(settings, await settingsText(folder))
  const places = ['--root', join(folder, 'storage'), '--runroot', join(folder, 'run'), '--tmpdir', join(folder, 'tmp')]
  let driver = 'overlay'
  const command = (args: readonly string[]) =>
    asRoot('env', [`CONTAINERS_CONF=${settings}`, 'podman', ...places, '--storage-driver', driver, ...args])
  const call: Podman['call'] = (args, options = {}) => called(command(args), options)
  // Not on every filesystem, and not in a container.
  if ((await call(['info'])).exitCode !== 0) {
    await runAsRoot('rm', '-rf', '--', join(folder, 'storage'), join(folder, 'run'))
    driver = 'vfs'
  }
  const terminals: Console[] = []
  let disposed = false
  return {
    folder,
    call,
    terminal: (args, options = {}) => {
      const line = command(args).flat().map(quoted).join(' ')
      const flags = ['--quiet', '--flush', '--return', '--command', line, '/dev/null']
      const console = consoleOf(spawn('script', flags, options))
      terminals.push(console)
      return console
    },
    [Symbol.asyncDispose]: async () => {
      if (disposed) return
      disposed = true
      await call(['rm', '--all', '--force', '--volumes', '--time', '0'])
      for (const { ended } of terminals) await ended.catch(() => null)
      // The driver's own mount of its folder stays by itself.
      for (const point of mountsBelow(await readMountPoints(), folder)) await runAsRoot('umount', point)
      await runAsRoot('rm', '-rf', '--one-file-system', '--', folder)
    },
  }
}

function called([program, words]: [string, string[]], options: { readonly cwd?: string }): Promise<PodmanCall> {
  return new Promise((resolve, reject) => {
    const child = execFile(program, words, { ...options, maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') reject(error)
      else resolve({ exitCode: child.exitCode ?? 128, stdout, stderr })
    })
    child.stdin?.end()
  })
}

/** containers.conf(5) */
async function settingsText(folder: string): Promise<string> {
  // Debian 12's crun wants cgroups and rights that not every machine has; runc does without.
  const hasRunc = await runAsRoot('sh', '-c', 'command -v runc').catch(() => '')
  return `[containers]
netns = "host"
log_driver = "k8s-file"
default_ulimits = ["nofile=1000:1000", "nproc=1000:1000"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
lock_type = "file"
static_dir = "${folder}/static"
volume_path = "${folder}/volumes"
${hasRunc ? 'runtime = "runc"' : ''}
`
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`
}
