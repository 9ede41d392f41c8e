import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, realpath } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { asRoot, runAsRoot } from '../../support/root.ts'

const MIB = 1024 ** 2
const ROOMY_BYTES = 512 * MIB

/** Makes the file systems and holds them: `sh -c HOLD sh UID GID FOLDER NAME…`, as its user, who may look into it. */
const HOLD = `set -e
user=$1 group=$2 folder=$3
shift 3
for name do mount -t tmpfs -o "size=${ROOMY_BYTES},mode=0755,uid=$user,gid=$group" tmpfs "$folder/$name"; done
exec setpriv --reuid="$user" --regid="$group" --clear-groups sh -c 'echo ready; exec cat'
`

/**
 * File systems in memory, each as large as a test wants it, which only programs see that are started for it: the mounts of
 * this machine stay as they are.
 */
export interface SmallDisks extends AsyncDisposable {
  /** Where a program finds a file system. */
  at(name: string, ...path: readonly string[]): string
  /** Where we find the same. */
  seen(name: string, ...path: readonly string[]): string
  /** @param sizeBytes roomy where left out; it may not be less than what is in it */
  resize(name: string, sizeBytes?: number): Promise<void>
  /** The command line that starts a program as us where it sees the file systems, to be spread into `spawn`. */
  command(words: readonly string[]): [string, string[]]
}

export async function smallDisks(names: readonly string[]): Promise<SmallDisks> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'small-')))
  for (const name of names) await mkdir(join(folder, name))
  const user = [process.getuid?.() ?? 0, process.getgid?.() ?? 0].map(String)
  const unshare = ['--mount', '--propagation', 'private', '--', 'sh', '-c', HOLD, 'sh', ...user, folder, ...names]
  const holder = spawn(...asRoot('unshare', unshare), { stdio: ['pipe', 'pipe', 'inherit'] })
  const ended = once(holder, 'close')
  const ready = once(createInterface({ input: holder.stdout }), 'line')
  await Promise.race([ready, ended.then(() => Promise.reject(new Error('no file systems could be made')))])
  const pid = await holderOf(holder.pid ?? 0)
  const inside = ['-t', String(pid), '--mount', '--']
  return {
    at: (name, ...path) => join(folder, name, ...path),
    seen: (name, ...path) => join(`/proc/${pid}/root`, folder, name, ...path),
    resize: async (name, sizeBytes = ROOMY_BYTES) => {
      await runAsRoot('nsenter', ...inside, 'mount', '-o', `remount,size=${sizeBytes}`, join(folder, name))
    },
    command: (words) =>
      asRoot('nsenter', [
        ...inside,
        ...['setpriv', `--reuid=${user[0]}`, `--regid=${user[1]}`, '--clear-groups'],
        ...words,
      ]),
    [Symbol.asyncDispose]: async () => {
      holder.stdin.end()
      await ended
      await runAsRoot('rm', '-r', '--', folder)
    },
  }
}

/** Behind sudo, which stays between us and it. */
async function holderOf(pid: number): Promise<number> {
  const child = await runAsRoot('sh', '-c', 'cat "/proc/$1/task/$1/children"', 'sh', String(pid))
  return child === '' ? pid : await holderOf(Number(child.split(' ')[0]))
}
