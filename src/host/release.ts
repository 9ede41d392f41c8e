import { realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { runCommand } from '../command.ts'
import { CommandError, HostError } from '../errors.ts'
import { detachLoop, loopsBelow, readLoops } from './loops.ts'
import { mountsBelow, readMountPoints } from './mounts.ts'

/**
 * Takes everything back that a build left in its folder: mounts, loop devices of files in it, then the folder itself.
 * To be run as root. A folder that does not exist is done already, so it may be called twice.
 *
 * @param folder the build folder, absolute; never a link
 * @throws HostError where it is no folder of a build, or something in it is still mounted: then nothing is removed
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
  for (const loop of loopsBelow(await readLoops(), real)) await detachLoop(loop)
  const left = mountsBelow(await readMountPoints(), real)
  if (left.length > 0) {
    throw new HostError(
      `${left.join(', ')} cannot be unmounted`,
      `${real} is left as it is: end what uses it, unmount it and remove the folder`,
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
