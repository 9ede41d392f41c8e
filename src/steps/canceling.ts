import { setTimeout as pause } from 'node:timers/promises'
import { CommandError } from '../errors.ts'

/** A signal to all of a job reaches its programs and us in any order. */
const SAME_MOMENT_MILLISECONDS = 50

/** Cancels at what a runner, a shell or a terminal that closes sends to end a job. */
export function cancelAtSignals(canceling: AbortController): void {
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => canceling.abort())
}

/** What to tell of the error that a job ended with: a program that a signal ended, which meant all of the job, is a cancel. */
export async function endOfJob(error: unknown, canceled: AbortSignal): Promise<unknown> {
  if (!(error instanceof CommandError) || error.outcome.kind !== 'signal') return error
  await pause(SAME_MOMENT_MILLISECONDS)
  return canceled.aborted ? new CommandError(error.program, error.args, { kind: 'canceled' }, []) : error
}
