import { runCommand } from '../../command.ts'
import { CommandError } from '../../errors.ts'
import type { Access } from '../access.ts'

const HELD = 'held'
/** Of flock(1), where another holds the lock and `-n` does not wait. */
const CONFLICT = 1

/**
 * Works while nobody else who asks for the same folder's lock does. The lock is the kernel's, on the folder itself, and
 * held by flock(1) with `cat`: it ends with us however we end, and leaves no file.
 *
 * @throws CommandError when flock is missing or the job is canceled; what `work` throws
 */
export async function locked<Result>(folder: string, access: Access, work: () => Promise<Result>): Promise<Result> {
  const release = await held(folder, access)
  try {
    return await work()
  } finally {
    await release()
  }
}

async function held(folder: string, access: Access): Promise<() => Promise<void>> {
  try {
    return await hold(['-n', '-x', folder], access)
  } catch (error) {
    if (!isExit(error)) throw error
    if (error.outcome.code === CONFLICT) {
      access.report.info(`${folder}: waiting for another export into it`)
      return await hold(['-x', folder], access)
    }
    access.report.info(`${folder} cannot be locked (${error.message}): no other export may write to it now`)
    return async () => {}
  }
}

/** The job's signal ends the wait and not the lock: what was written is still cleaned up after an abort. */
async function hold(args: readonly string[], { environment: env, signal }: Access): Promise<() => Promise<void>> {
  const command = [...args, 'cat']
  const end = new AbortController()
  const cancel = () => end.abort()
  if (signal?.aborted) cancel()
  signal?.addEventListener('abort', cancel)
  const release = () => signal?.removeEventListener('abort', cancel)
  let ended: Promise<unknown> = Promise.resolve()
  try {
    await new Promise<void>((resolve, reject) => {
      const onLine = (line: string) => {
        if (line !== HELD) return
        release()
        resolve()
      }
      // While it waits it reads no input, whose end is that of `cat` alone.
      const stop = { stopByEndOfInput: true, graceSeconds: 0, signal: end.signal }
      const options = { env, input: `${HELD}\n`, onLine, ...stop }
      ended = runCommand('flock', command, options).then(() => reject(unheld(command)), reject)
    })
  } finally {
    release()
  }
  return async () => {
    end.abort()
    await ended
  }
}

function unheld(command: readonly string[]): CommandError {
  return new CommandError('flock', command, { kind: 'exit', code: 0 }, ['it ended without holding the lock'])
}

function isExit(error: unknown): error is CommandError & { outcome: { kind: 'exit'; code: number } } {
  return error instanceof CommandError && error.outcome.kind === 'exit'
}
