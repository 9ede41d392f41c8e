import { readFile } from 'node:fs/promises'
import { runAsRoot } from '../../support/root.ts'

/** Processes of a build that something may end, whoever does it. */
export const VICTIMS = ['node', 'group', 'KIWI', 'supervisor', 'unshare', 'skopeo', 'qemu-img', 'everything'] as const
export type Victim = (typeof VICTIMS)[number]
export type Signal = 'SIGINT' | 'SIGTERM' | 'SIGKILL'

interface Process {
  readonly pid: number
  readonly name: string
  readonly command: readonly string[]
}

/** All that a process started and what those started, the deepest last. */
async function descendants(pid: number): Promise<readonly Process[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
  const children = text
    .split(' ')
    .filter((word) => word !== '')
    .map(Number)
  const each = await Promise.all(
    children.map(async (child) => {
      const name = (await readFile(`/proc/${child}/comm`, 'utf8').catch(() => '')).trim()
      const command = (await readFile(`/proc/${child}/cmdline`, 'utf8').catch(() => '')).split('\0')
      return [{ pid: child, name, command }, ...(await descendants(child))]
    }),
  )
  return each.flat()
}

const IS: Readonly<Record<string, (process: Process) => boolean>> = {
  KIWI: ({ name, command }) => name === 'kiwi-ng' && command.includes('system'),
  supervisor: ({ name, command }) => name !== 'sudo' && command[1]?.endsWith('/supervisor.js') === true,
  guardian: ({ command }) => command.some((word) => word.endsWith('/abandoned.js')),
  unshare: ({ name }) => name === 'unshare',
  skopeo: ({ name }) => name === 'skopeo',
  'qemu-img': ({ name }) => name === 'qemu-img',
}

/**
 * The numbers to send a signal to now; none while there is no such process.
 *
 * @param pid of the command line, which leads a process group
 */
export async function victimsNow(victim: Victim, pid: number): Promise<readonly number[]> {
  if (victim === 'node') return [pid]
  if (victim === 'group') return [-pid]
  const all = await descendants(pid)
  const of = (name: string) => all.filter((each) => IS[name]?.(each)).map((each) => each.pid)
  // Who looks after others first: none of them is to see the end of the next.
  return victim === 'everything' ? [...of('guardian'), ...of('supervisor'), pid] : of(victim)
}

/** @returns false where none of them is there any more */
export async function send(signal: Signal, pids: readonly number[]): Promise<boolean> {
  if (process.getuid?.() !== 0) {
    const args = ['-s', signal.slice('SIG'.length), '--', ...pids.map(String)]
    return await runAsRoot('kill', ...args).then(
      () => true,
      () => false,
    )
  }
  const sent = pids.map((pid) => {
    try {
      return process.kill(pid, signal)
    } catch {
      return false
    }
  })
  return sent.includes(true)
}
