import type { Writable } from 'node:stream'
import { markPrograms, runCommand } from '../command.ts'
import type { Temporaries } from '../job/temporaries.ts'
import { TEMPORARY_PREFIX } from '../oci/store/temporary.ts'
import type { Surroundings } from './surroundings.ts'

/** Looks after folders and programs of this process for the case that it is killed. */
export interface Guardian extends AsyncDisposable {
  /** From now on the folder, which need not be there yet, goes when this process is killed. */
  watch(folder: string): void
  /** The folder stays, whatever comes. */
  forget(folder: string): void
  /** What this process has in these folders under temporary names (`oci/store/temporary.ts`) goes too; the folders stay. */
  watchInside(folders: readonly string[]): void
}

/** What is told to a guardian, as JSON. */
export interface Watched extends Temporaries {
  /** Of the job. */
  readonly folders: readonly string[]
  /** Of the programs that end with it. */
  readonly mark: string
}

/**
 * Reads lines until its input ends, as it does when we are killed, and hands the last one to the program in its arguments,
 * which removes what it names; nothing where that line is empty. A shell, for that it costs next to nothing to have it wait.
 */
const PROGRAM = `exec >/dev/null 2>&1
watched=
while IFS= read -r line; do watched=$line; done
[ -z "$watched" ] || exec "$@" "$watched"`

/**
 * Starts a guardian: a process in a session of its own, which signals to our process group do not reach. Disposing of it
 * ends it, and nothing is removed: whoever ends in order does that itself.
 *
 * @throws CommandError when no process can be started
 */
export async function startGuardian(
  files: Pick<Surroundings, 'nodePath' | 'abandonedPath' | 'searchPath'>,
): Promise<Guardian> {
  const { nodePath, abandonedPath, searchPath } = files
  const args = ['-c', PROGRAM, 'sh', nodePath, abandonedPath]
  let ended: Promise<unknown> = Promise.resolve()
  const input = await new Promise<Writable>((resolve, reject) => {
    ended = runCommand('/bin/sh', args, { env: { PATH: searchPath }, cwd: '/', apart: true, onInput: resolve })
    ended.catch(reject)
  })
  const mark = markPrograms()
  const watched = new Set<string>()
  let inside: readonly string[] = []
  const tell = () => {
    const told: Watched = { folders: [...watched], mark, inside, prefix: TEMPORARY_PREFIX }
    input.write(`${JSON.stringify(told)}\n`)
  }
  return {
    watch: (folder) => {
      watched.add(folder)
      tell()
    },
    forget: (folder) => {
      watched.delete(folder)
      tell()
    },
    watchInside: (folders) => {
      inside = folders
      tell()
    },
    [Symbol.asyncDispose]: async () => {
      input.end('\n')
      // One that was killed has nothing to do any more.
      await ended.catch(() => {})
    },
  }
}
