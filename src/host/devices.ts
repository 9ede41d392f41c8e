import { readFile, stat } from 'node:fs/promises'
import { runCommand } from '../command.ts'
import { CommandError, HostError, wasAskedToEnd } from '../errors.ts'
import { asRoot, type Privileges } from './privileges.ts'

const REMEDY = 'give the container --privileged -v /dev:/dev, or build on the machine itself'

/**
 * Whether the nodes of devices appear by themselves: only the kernel's own filesystem makes that of a partition when KIWI
 * adds it (OSInside/kiwi issue 2293). A container has a /dev of its own, with the nodes of the moment when it was made.
 *
 * @param mountinfo proc_pid_mountinfo(5): mount point in field 5, the filesystem's type behind the hyphen
 */
export function hasDeviceNodes(mountinfo: string): boolean {
  const mounts = mountinfo.split('\n').map((line) => line.split(' '))
  const type = (fields: readonly string[]) => fields[fields.indexOf('-', 6) + 1]
  return type(mounts.findLast((fields) => fields[4] === '/dev') ?? []) === 'devtmpfs'
}

/**
 * Why KIWI could not make a disk of a file on this machine.
 *
 * @param losetup path of the program
 */
export async function deviceLacks(privileges: Privileges, losetup: string): Promise<readonly HostError[]> {
  const lacks: HostError[] = []
  if (!hasDeviceNodes(await readFile('/proc/self/mountinfo', 'utf8'))) {
    lacks.push(new HostError('host-devices', 'no partition of a disk appears in /dev, which is no devtmpfs', REMEDY))
  }
  const reason = await loopLack(privileges, losetup)
  if (reason !== undefined) {
    const remedy = `load the module loop (modprobe loop), detach one that nobody uses (losetup --detach), or ${REMEDY}`
    lacks.push(new HostError('host-devices', `this machine has no loop device for the disk (${reason})`, remedy))
  }
  return lacks
}

/** losetup(8) asks /dev/loop-control for a free device, which loads the module, else looks through /dev. */
async function loopLack(privileges: Privileges, losetup: string): Promise<string | undefined> {
  const { program, args } = asRoot(privileges, losetup, ['--find'])
  try {
    const { stdout } = await runCommand(program, args, { timeoutSeconds: 20 })
    const device = stdout.toString('utf8').trim()
    const there = await stat(device).catch(() => undefined)
    return there?.isBlockDevice() ? undefined : `${device} is not there`
  } catch (error) {
    if (!(error instanceof CommandError) || wasAskedToEnd(error)) throw error
    return error.lastLines.at(-1) ?? error.message
  }
}
