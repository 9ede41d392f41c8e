import { readFile } from 'node:fs/promises'

/**
 * When a process was started, in ticks since the machine's start; undefined when there is none of this number. With the
 * number it names one process: numbers are given again. proc_pid_stat(5), field 22; the name in field 2 may hold anything.
 */
export async function processStart(pid: number): Promise<string | undefined> {
  const text = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined)
  const [state, ...fields] = text?.slice(text.lastIndexOf(')') + 2).split(' ') ?? []
  // What has ended and waits for its parent to ask works no more.
  return state === undefined || 'ZX'.includes(state) ? undefined : fields[18]
}

/** This process for another one to look for; without a start where /proc is not of our process namespace. */
export async function thisCaller(): Promise<{ readonly pid: number; readonly started: string }> {
  return { pid: process.pid, started: (await processStart(process.pid)) ?? '' }
}
