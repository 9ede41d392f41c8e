import { realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { runCommand } from '../command.ts'
import { CommandError, HostError } from '../errors.ts'
import { detachLoop, loopsBelow, readLoops } from './loops.ts'
import { mountsBelow, readMountPoints } from './mounts.ts'

const DETACH_TRIES = 20
const DETACH_PAUSE_MILLISECONDS = 100

/**
 * Takes everything back that a build left in its folder: mounts, loop devices of files in it, then the folder itself.
 * To be run as root. A folder that does not exist is done already, so it may be called twice.
 *
 * @param folder the build folder, absolute; never a link
 * @throws HostError where it is no folder of a build, or something of it is still mounted or attached: then nothing is
 *   removed
 */
export async function releaseFolder(folder: string): Promise<void> {
  const real = await realpath(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
  if (real === undefined) return
  const itself = join(await realpath(dirname(folder)), basename(folder))
  if (real !== itself || real.split('/').length < 3) {
    throw new HostError(
      `${folder} is a link or too close to the root of the machine`,
      'it is left as it is: look at it yourself',
    )
  }
  await unmountBelow(real)
  await detachBelow(real)
  const left = [
    ...mountsBelow(await readMountPoints(), real),
    ...loopsBelow(await readLoops(), real).map((loop) => loop.device),
  ]
  if (left.length > 0) {
    throw new HostError(
      `${left.join(', ')} cannot be released`,
      `${real} is left as it is: end what uses it, and remove the folder`,
    )
  }
  // A mount that hides from our mountinfo, in another namespace, is kept out by --one-file-system.
  await runCommand('rm', ['-r', '-f', '--one-file-system', '--', real])
}

async function unmountBelow(folder: string): Promise<void> {
  // Bind mounts of the machine's /dev share their propagation with it: without this, unmounting the copy of /dev/pts
  // would unmount /dev/pts itself (KIWI issue 2692).
  for (const point of mountsBelow(await readMountPoints(), folder)) await run('mount', ['--make-private', point])
  for (const point of mountsBelow(await readMountPoints(), folder)) {
    if (!(await run('umount', [point]))) await run('umount', ['--lazy', point])
  }
}

/** A device is held for a moment by what was just unmounted or ended, and goes by itself where it is set to. */
async function detachBelow(folder: string): Promise<void> {
  for (let attempt = 1; attempt <= DETACH_TRIES; attempt += 1) {
    const loops = loopsBelow(await readLoops(), folder)
    if (loops.length === 0) return
    if (attempt > 1) await pause(DETACH_PAUSE_MILLISECONDS)
    for (const loop of loops) {
      await detachLoop(loop).catch((error: unknown) => {
        if (!(error instanceof CommandError)) throw error
      })
    }
  }
}

/** Whether it worked; what stays mounted is looked for afterwards. */
async function run(program: string, args: readonly string[]): Promise<boolean> {
  try {
    await runCommand(program, args)
    return true
  } catch (error) {
    if (error instanceof CommandError) return false
    throw error
  }
}
