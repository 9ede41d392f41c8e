import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asRoot, runAsRoot } from './root.ts'
import { trixieFolder } from './tools.ts'

export interface Called {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Debian 13's podman, skopeo, oras and qemu-img in a root folder of their own, with the network of this machine. */
export interface Trixie extends AsyncDisposable {
  /** Runs a program to its end as root. Its mounts and processes end with it, and are not seen outside. */
  call(...words: readonly string[]): Promise<Called>
  /** The same as an ordinary user, since podman refuses to keep machines for root. */
  callAsUser(...words: readonly string[]): Promise<Called>
  /** Copies a file of this machine into it, readable for all. @returns its path there */
  put(file: string, name: string): Promise<string>
}

const USER = 1000

/** containers.conf(5): a machine of tests may have no bridge, no journal, and cgroups that crun refuses. */
const CONTAINERS = `[containers]
netns = "host"
log_driver = "k8s-file"
default_ulimits = ["nofile=1000:1000", "nproc=1000:1000"]
[engine]
cgroup_manager = "cgroupfs"
events_logger = "none"
runtime = "runc"
`
const SETTINGS: Readonly<Record<string, string>> = {
  'etc/passwd': `root:x:0:0:root:/root:/bin/sh\nuser:x:${USER}:${USER}:user:/home/user:/bin/sh\n`,
  'etc/group': `root:x:0:\nuser:x:${USER}:\n`,
  // podman machine tells its guest the zone.
  'etc/timezone': 'Etc/UTC\n',
  'etc/containers/containers.conf': CONTAINERS,
  'etc/containers/storage.conf': '[storage]\ndriver = "vfs"\nrunroot = "/run/storage"\ngraphroot = "/var/storage"\n',
}

/**
 * Makes the places of a root and enters it: `sh -c ENTER sh ROOT UID HOME PROGRAM ARGUMENTS…`, in namespaces of its own.
 */
const ENTER = `set -e
root=$1 user=$2 home=$3
shift 3
mount --bind "$root" "$root"
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mount --rbind /sys "$root/sys"
exec chroot --userspec="$user:$user" "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin HOME="$home" LC_ALL=C.UTF-8 \\
  XDG_RUNTIME_DIR="/run/user/$user" PODMAN_IGNORE_CGROUPSV1_WARNING=1 "$@"
`

/**
 * @param registry address of the registry that all may use without TLS
 * @throws Error naming the command that installs it, when it is not there
 */
export async function startTrixie(registry: string): Promise<Trixie> {
  const archive = join(trixieFolder, 'root.tar')
  if (!existsSync(archive)) throw new Error(`${archive} is not there: run npm run pretest`)
  const folder = await mkdtemp(join(tmpdir(), 'trixie-'))
  const call = (user: number, home: string, words: readonly string[]) =>
    called('unshare', [
      ...['--mount', '--pid', '--fork', '--kill-child', '--propagation', 'private', '--'],
      ...['sh', '-c', ENTER, 'sh', folder, String(user), home, ...words],
    ])
  const trixie: Trixie = {
    call: (...words) => call(0, '/root', words),
    callAsUser: (...words) => call(USER, '/home/user', words),
    put: async (file, name) => {
      await runAsRoot('install', '-m', '644', file, join(folder, 'srv', name))
      return join('/srv', name)
    },
    [Symbol.asyncDispose]: async () => {
      await runAsRoot('rm', '-rf', '--one-file-system', '--', folder)
    },
  }
  try {
    await runAsRoot('tar', '--extract', '--file', archive, '--directory', folder, '--numeric-owner')
    await configure(folder, registry)
  } catch (error) {
    await trixie[Symbol.asyncDispose]()
    throw error
  }
  return trixie
}

async function configure(folder: string, registry: string): Promise<void> {
  const home = [join(folder, 'home/user'), join(folder, `run/user/${USER}`)]
  await runAsRoot('mkdir', '-p', ...home, join(folder, 'run/user/0'), join(folder, 'srv'))
  await runAsRoot('chown', `${USER}:${USER}`, ...home)
  const registries = `[[registry]]\nlocation = "${registry}"\ninsecure = true\n`
  const drafts = await mkdtemp(join(tmpdir(), 'trixie-settings-'))
  try {
    for (const [path, text] of Object.entries({ ...SETTINGS, 'etc/containers/registries.conf': registries })) {
      await writeFile(join(drafts, 'file'), text)
      await runAsRoot('install', '-D', '-m', '644', join(drafts, 'file'), join(folder, path))
    }
  } finally {
    await runAsRoot('rm', '-rf', drafts)
  }
}

function called(program: string, args: readonly string[]): Promise<Called> {
  return new Promise((resolve, reject) => {
    const child = execFile(...asRoot(program, args), { maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      if (error !== null && typeof error.code !== 'number') reject(error)
      else resolve({ exitCode: child.exitCode ?? 128, stdout, stderr })
    })
    child.stdin?.end()
  })
}
