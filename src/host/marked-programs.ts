import { readdir, readFile } from 'node:fs/promises'
import { setTimeout as pause } from 'node:timers/promises'

const TRIES = 50
const PAUSE_MILLISECONDS = 20

/**
 * Kills the processes that have a mark in their environment, until none is left that this user may see and signal.
 *
 * @param mark `NAME=VALUE`, of `markPrograms`
 */
export async function killMarked(mark: string): Promise<void> {
  for (let tries = 1; tries <= TRIES; tries += 1) {
    const found = await markedProcesses(mark)
    if (found.length === 0) return
    for (const pid of found) kill(pid)
    await pause(PAUSE_MILLISECONDS)
  }
}

async function markedProcesses(mark: string): Promise<readonly number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const environments = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/environ`, 'latin1').catch(() => '')))
  return pids.filter((_, at) => environments[at]?.split('\0').includes(mark)).map(Number)
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {
    // It has ended meanwhile.
  }
}
