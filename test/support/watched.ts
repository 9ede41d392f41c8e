import { type SpawnOptions, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync, statfsSync } from 'node:fs'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runAsRoot } from './root.ts'

/** What a program and all that it started took at most. */
export interface Watched {
  readonly exitCode: number | null
  /** Resident memory of all of them at one moment; what two of them share counts twice. */
  readonly memoryBytes: number
  /** Of the file system that was watched, beyond what it held before. */
  readonly spaceBytes: number
}

const INTERVAL_MILLISECONDS = 10
/** proc(5): statm counts in pages. */
const PAGE_BYTES = 4096

/**
 * Runs a program and looks at it, what it started and the file system of a folder a hundred times a second. A process
 * that lives alone counts with the most that it ever had, so that no peak between two looks is missed.
 *
 * @param folder on a file system that nobody else writes to
 */
export async function watched(
  program: string,
  args: readonly string[],
  folder: string,
  options: SpawnOptions,
): Promise<Watched> {
  const before = usedBytes(folder)
  let memoryBytes = 0
  let spaceBytes = 0
  const child = spawn(program, args, { ...options, stdio: ['ignore', options.stdio === 'inherit' ? 1 : 'ignore', 2] })
  const ended = once(child, 'close')
  const timer = setInterval(() => {
    memoryBytes = Math.max(memoryBytes, treeBytes(child.pid ?? 0))
    spaceBytes = Math.max(spaceBytes, usedBytes(folder) - before)
  }, INTERVAL_MILLISECONDS)
  await ended.finally(() => clearInterval(timer))
  return { exitCode: child.exitCode, memoryBytes, spaceBytes: Math.max(spaceBytes, usedBytes(folder) - before) }
}

/** A file system in memory of its own, so that what stands in it is known to the byte. */
export interface OwnFileSystem extends AsyncDisposable {
  readonly folder: string
}

export async function ownFileSystem(): Promise<OwnFileSystem> {
  const folder = await mkdtemp(join(tmpdir(), 'watched-'))
  const owner = `mode=0755,uid=${process.getuid?.() ?? 0},gid=${process.getgid?.() ?? 0}`
  await runAsRoot('mount', '-t', 'tmpfs', '-o', owner, 'kiwi-oci-watched', folder)
  return {
    folder,
    [Symbol.asyncDispose]: async () => {
      await runAsRoot('umount', folder)
      await runAsRoot('rmdir', folder)
    },
  }
}

function usedBytes(folder: string): number {
  const { blocks, bfree, bsize } = statfsSync(folder)
  return (blocks - bfree) * bsize
}

function treeBytes(pid: number): number {
  const living = tree(pid)
  const now = living.reduce((total, each) => total + residentBytes(each), 0)
  return Math.max(now, ...living.map(highestBytes))
}

function tree(pid: number): readonly number[] {
  return [pid, ...childrenOf(pid).flatMap(tree)]
}

/** Any of its threads may have started them. */
function childrenOf(pid: number): readonly number[] {
  const tasks = attempt(() => readdirSync(`/proc/${pid}/task`)) ?? []
  return tasks.flatMap((task) => text(`/proc/${pid}/task/${task}/children`).split(' ').filter(Boolean).map(Number))
}

function residentBytes(pid: number): number {
  return Number(text(`/proc/${pid}/statm`).split(' ')[1] ?? 0) * PAGE_BYTES
}

function highestBytes(pid: number): number {
  return Number(/^VmHWM:\s+(\d+) kB/m.exec(text(`/proc/${pid}/status`))?.[1] ?? 0) * 1024
}

/** Nothing where the process has ended meanwhile. */
function text(path: string): string {
  return attempt(() => readFileSync(path, 'utf8')) ?? ''
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
