import { lstat, mkdir, mkdtemp, readdir, readlink, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder in which a suite works, with things beside it that nothing may touch. */
export interface Sandbox extends AsyncDisposable {
  /** What a case may read and the suite writes. */
  readonly inside: string
  /** What changed outside of `inside`, in the working folder, home and temp too; empty when nothing did. */
  changes(): Promise<readonly string[]>
}

/** The working folder, the home and the temp of this process are in it until it is left. */
export async function sandbox(): Promise<Sandbox> {
  const folder = await mkdtemp(join(tmpdir(), 'baddata-'))
  const before = { cwd: process.cwd(), env: { ...process.env } }
  for (const name of ['inside', 'outside', 'work', 'home', 'temp']) await mkdir(join(folder, name))
  await writeFile(join(folder, 'outside/keep'), 'keep')
  process.chdir(join(folder, 'work'))
  process.env['HOME'] = join(folder, 'home')
  process.env['TMPDIR'] = join(folder, 'temp')
  const inside = join(folder, 'inside')
  const first = await stateOf(folder, inside)
  return {
    inside,
    changes: async () => {
      const now = await stateOf(folder, inside)
      return [...new Set([...first.keys(), ...now.keys()])]
        .filter((path) => first.get(path) !== now.get(path))
        .map((path) => `${path} was ${first.get(path) ?? 'not there'}, is ${now.get(path) ?? 'gone'}`)
    },
    [Symbol.asyncDispose]: async () => {
      process.chdir(before.cwd)
      Object.assign(process.env, { HOME: before.env['HOME'], TMPDIR: before.env['TMPDIR'] ?? '/tmp' })
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function stateOf(folder: string, leftOut: string): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>()
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    if (path === leftOut) continue
    const stat = await lstat(path, { bigint: true })
    const target = stat.isSymbolicLink() ? await readlink(path) : ''
    found.set(path, `${stat.mode} ${stat.size} ${stat.mtimeNs} ${stat.ino} ${target}`)
    if (stat.isDirectory()) for (const [below, state] of await stateOf(path, leftOut)) found.set(below, state)
  }
  return found
}
