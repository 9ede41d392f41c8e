import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeSync } from 'node:fs'
import { mkdir, mkdtemp, open, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ownFileSystem, type Watched, watched } from '../test/support/watched.ts'

/** The largest disk that is written uncompressed, and its copy. */
const TOUCHED_BYTES = 1024 * 1024 * 1024

/** One way to do a work. */
export interface Entry {
  /** The column "peer" of the table. */
  readonly name: string
  /** For sh, in an empty folder. What it makes is called `out`, a file or a folder, and counts as its size. */
  readonly script: string
  /** For sh, before the time runs. */
  readonly before?: string
}

export interface Sized extends Watched {
  readonly sizeBytes: number
}

export type Variables = Readonly<Record<string, string>>

/**
 * Runs an entry once for its time. A script that knows better what belongs to the work writes the seconds into a file
 * `seconds`.
 *
 * @returns seconds
 * @throws Error with what it printed last, when it fails
 */
export async function timed(entry: Entry, variables: Variables): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'kiwi-oci-bench-'))
  try {
    const env = await prepare(folder, entry, variables)
    await touchMemory(folder)
    const start = performance.now()
    await runScript(entry.script, folder, env)
    const seconds = (performance.now() - start) / 1000
    const own = await readFile(join(folder, 'seconds'), 'utf8').catch(() => undefined)
    return own === undefined ? seconds : Number(own)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Runs an entry once for all else, in memory, where the file system tells what it takes. */
export async function sized(entry: Entry, variables: Variables): Promise<Sized> {
  await using own = await ownFileSystem()
  const { folder } = own
  const env = await prepare(folder, entry, variables)
  const seen = await watched('sh', ['-ec', entry.script], folder, { cwd: folder, env })
  if (seen.exitCode !== 0) throw new Error(`${entry.name} ended with ${seen.exitCode}`)
  return { ...seen, sizeBytes: await sizeOf(join(folder, 'out')) }
}

/**
 * A virtual machine gives memory that is free back to its host, and who writes files after a pause waits for it: half a
 * second for 460 MB. So as much as a script writes is taken back before its time begins.
 */
async function touchMemory(folder: string): Promise<void> {
  const path = join(folder, 'touched')
  const zeros = Buffer.alloc(64 * 1024)
  {
    await using file = await open(path, 'w')
    for (let written = 0; written < TOUCHED_BYTES; written += zeros.length) writeSync(file.fd, zeros)
  }
  await rm(path)
}

async function prepare(folder: string, entry: Entry, variables: Variables): Promise<NodeJS.ProcessEnv> {
  const [home, temporary] = [join(folder, 'home'), join(folder, 'tmp')]
  for (const each of [home, temporary]) await mkdir(each)
  const env = { PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', ...variables, HOME: home, TMPDIR: temporary }
  if (entry.before !== undefined) await runScript(entry.before, folder, env)
  return env
}

async function runScript(script: string, cwd: string, env: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn('sh', ['-ec', script], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] })
  const closed = once(child, 'close')
  let last = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (part: Buffer) => {
      last = `${last}${part}`.slice(-2000)
    })
  }
  await closed
  if (child.exitCode !== 0) throw new Error(`ended with ${child.exitCode}: ${script}\n${last}`)
}

async function sizeOf(path: string): Promise<number> {
  const found = await stat(path)
  if (!found.isDirectory()) return found.size
  const sizes = (await readdir(path)).map((name) => sizeOf(join(path, name)))
  return (await Promise.all(sizes)).reduce((total, size) => total + size, 0)
}
