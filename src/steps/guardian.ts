import type { Writable } from 'node:stream'
import { runCommand } from '../command.ts'
import type { Surroundings } from './surroundings.ts'

/** Looks after folders of this process for the case that it is killed. */
export interface Guardian extends AsyncDisposable {
  /** From now on the folder, which need not be there yet, goes when this process is killed. */
  watch(folder: string): void
  /** The folder stays, whatever comes. */
  forget(folder: string): void
}

/**
 * Reads lists of folders, one a line as JSON, until its input ends, as it does when we are killed; what the last list names
 * is then removed by the program in its arguments. A shell, for that it costs next to nothing to have it wait.
 */
const PROGRAM = `exec >/dev/null 2>&1
folders='[]'
while IFS= read -r line; do folders=$line; done
[ "$folders" = '[]' ] || exec "$@" "$folders"`

/**
 * Starts a guardian: a process in a session of its own, which signals to our process group do not reach. Disposing of it
 * ends it, and nothing is removed: whoever ends in order does that itself.
 *
 * @throws CommandError when no process can be started
 */
export async function startGuardian(
  around: Pick<Surroundings, 'nodePath' | 'abandonedPath' | 'searchPath'>,
): Promise<Guardian> {
  const { nodePath, abandonedPath, searchPath } = around
  const args = ['-c', PROGRAM, 'sh', nodePath, abandonedPath]
  let ended: Promise<unknown> = Promise.resolve()
  const input = await new Promise<Writable>((resolve, reject) => {
    ended = runCommand('/bin/sh', args, { env: { PATH: searchPath }, cwd: '/', apart: true, onInput: resolve })
    ended.catch(reject)
  })
  const watched = new Set<string>()
  const tell = () => void input.write(`${JSON.stringify([...watched])}\n`)
  return {
    watch: (folder) => {
      watched.add(folder)
      tell()
    },
    forget: (folder) => {
      watched.delete(folder)
      tell()
    },
    [Symbol.asyncDispose]: async () => {
      input.end('[]\n')
      // One that was killed has nothing to do any more.
      await ended.catch(() => {})
    },
  }
}
