import { type ChildProcess, spawn } from 'node:child_process'
import { chmod, mkdtemp, readdir, readFile, realpath, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { readLoops } from '../../../src/host/loops.ts'
import { mountsBelow, readMountPoints } from '../../../src/host/mounts.ts'
import { thisCaller } from '../../../src/host/process-start.ts'
import { MARKER } from '../../../src/job/workfolder.ts'
import type { RunJob } from '../../../src/kiwi/job.ts'
import { asRoot, callAsRoot, runAsRoot } from '../../support/root.ts'
import { repositoryRoot } from '../../support/tools.ts'

export const supervisor = join(repositoryRoot, 'src/steps/supervisor.ts')
const CALLER = join(import.meta.dirname, 'caller.ts')

/** Mounts, attaches and starts what a build may leave behind, then waits, whatever SIGINT says. */
const STUBBORN = `#!/bin/sh
set -e
trap '' INT
mkdir -p mnt
mount -t tmpfs none mnt
truncate -s 8M disk.img
echo 'start=2048, type=83' | sfdisk --quiet disk.img
loop=$(losetup --find --show "$PWD/disk.img")
partx --update "$loop"
sleep 86400 &
echo ready "$loop"
wait
`

const UNDO = `
undo() { umount mnt; partx --delete "$loop"; losetup --detach "$loop"; echo undone; exit 1; }
trap undo INT
`

/** Undoes it all at SIGINT, as KIWI does. */
const WILLING = STUBBORN.replace("trap '' INT\n", UNDO)

export const programs = { STUBBORN, WILLING }

/** This process. */
const { pid, started } = await thisCaller()

/** A work folder of ours with a program in it; made in the system's temp. */
export async function makeWork(program: string): Promise<string> {
  const folder = await realpath(await mkdtemp(join(tmpdir(), 'kiwi-oci-test-')))
  await writeFile(join(folder, MARKER), '')
  await writeFile(join(folder, 'program'), program)
  await chmod(join(folder, 'program'), 0o755)
  return folder
}

export function jobIn(folder: string, changes: Partial<RunJob> = {}): RunJob {
  return {
    program: join(folder, 'program'),
    args: [],
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
    cwd: folder,
    workFolder: folder,
    bind: { from: folder, to: join(folder, 'seen') },
    discard: [],
    handOver: [],
    owner: { uid: 0, gid: 0 },
    caller: { pid, started },
    ...changes,
  }
}

export interface Started {
  readonly child: ChildProcess
  readonly lines: readonly string[]
  /** Exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>
  /** Ends what still works. */
  readonly end: () => void
}

/** Starts the supervisor with a job; its input stays open. */
export function startSupervisor(job: unknown): Started {
  const child = spawn(...asRoot(process.execPath, [supervisor]))
  child.stdin.write(`${JSON.stringify(job)}\n`)
  return { ...collected(child), end: () => child.stdin.end() }
}

/** Starts a process that starts the supervisor. */
export function startCaller(job: unknown): Started {
  const [program, args] = asRoot(process.execPath, [supervisor])
  const child = spawn(process.execPath, [CALLER, JSON.stringify(job), program, ...args])
  return { ...collected(child), end: () => void child.kill('SIGKILL') }
}

function collected(child: ChildProcess): Omit<Started, 'end'> {
  const lines: string[] = []
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (bytes: Buffer) =>
      lines.push(
        ...bytes
          .toString()
          .split('\n')
          .filter((line) => line !== ''),
      ),
    )
  }
  child.stdin?.on('error', () => {})
  const ended = new Promise<number | string>((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? signal ?? ''))
  })
  return { child, lines, ended }
}

/** Waits for a condition, at most ten seconds: what GitHub leaves to a job that is canceled. */
export async function within10Seconds(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const start = performance.now()
  while (performance.now() - start < 10_000) {
    if (await holds()) return
    await pause(100)
  }
  throw new Error(`${what}: not within 10 s`)
}

/** Mounts, loop devices and processes that have to do with the folder. */
export async function leftovers(folder: string): Promise<readonly string[]> {
  const loops = (await readLoops()).filter((loop) => loop.backingFile.startsWith(folder)).map((loop) => loop.device)
  return [...mountsBelow(await readMountPoints(), folder), ...loops, ...(await processesOf(folder))]
}

/** Where the programs of a folder work, root's among them, is for root to see. */
const processesOf = async (folder: string) =>
  (await callAsRoot(new URL('./processes.ts', import.meta.url).href, 'processesOf', folder)) as readonly string[]

/** Partition nodes in sysfs of the loop device that the program names in its line `ready /dev/loopN`. */
export async function partitionsOf(lines: readonly string[]): Promise<readonly string[]> {
  const name = lines.find((line) => line.startsWith('ready '))?.replace('ready /dev/', '') ?? ''
  if (!/^loop\d+$/.test(name)) throw new Error(`the program attached nothing: ${lines.join('\n')}`)
  return (await readdir(`/sys/block/${name}`)).filter((entry) => entry.startsWith(`${name}p`))
}

/** Removes the folder, and the logs of failed builds beside it. */
export async function removeWork(folder: string): Promise<void> {
  await runAsRoot('sh', '-c', 'rm -rf --one-file-system -- "$0" "$0"-log-*', folder)
}

/** Kills the supervisor that works in the folder, and not only the sudo that may have started it. */
export async function killSupervisor(folder: string): Promise<void> {
  const [pid = ''] = (await readFile(join(folder, 'supervisor.run'), 'utf8')).split(/\s/)
  await runAsRoot('kill', '-s', 'KILL', pid)
}
