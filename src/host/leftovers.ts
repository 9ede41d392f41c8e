import { open, readdir, realpath, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { runCommand } from '../command.ts'
import { CommandError, HostError } from '../errors.ts'
import { detachLoop, loopsBelow, readLoops } from './loops.ts'
import { mountsBelow, readMountPoints } from './mounts.ts'

/** Whoever is impatient sends a second signal to all of a job, which is not to end what cleans up after the first. */
const APART = { apart: true }
const SYS_BLOCK = '/sys/block'
const TRIES = 50
/** After as many tries a mount that is in use is taken out of the tree, and ends with its last user. */
const PATIENT_TRIES = 10
const PAUSE_MILLISECONDS = 100

/**
 * Undoes what a build left mounted or attached in its folder, whose files stay. Runs as root. Devices of others are left
 * alone, but for the stale partition nodes of loop devices that nobody uses: the next build on such a device would fail.
 *
 * @throws HostError naming what is still in use after five seconds
 */
export async function releaseLeftovers(folder: string): Promise<void> {
  const root = await realpath(folder)
  for (let attempt = 1; ; attempt += 1) {
    await unmountBelow(root, attempt > PATIENT_TRIES ? ['--lazy'] : [])
    for (const loop of loopsBelow(await readLoops(), root)) await unlessGone(detachLoop(loop))
    const left = [
      ...mountsBelow(await readMountPoints(), root),
      ...loopsBelow(await readLoops(), root).map((loop) => loop.device),
    ]
    if (left.length === 0) break
    if (attempt === TRIES) {
      throw new HostError(
        'host-leftovers',
        `${left.join(', ')} cannot be released`,
        `end what still uses it; ${root} is left as it is`,
      )
    }
    // The kernel takes a moment to let go of what a killed process had open.
    await pause(PAUSE_MILLISECONDS)
  }
  await sweepStaleNodes(root)
}

/**
 * Releases a folder and removes it. Runs as root. A folder that does not exist is done already, so it may be called twice.
 *
 * @param folder the build folder, absolute; never a link
 * @param marker the file in it that says whose it is: it goes last, so that whoever is killed here leaves what another can remove
 * @throws HostError where it is no folder of a build, or something of it is still in use: then nothing is removed
 */
export async function removeWithLeftovers(folder: string, marker: string): Promise<void> {
  const real = await realpath(folder).catch((error: unknown) => {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw error
  })
  if (real === undefined) return
  const itself = join(await realpath(dirname(folder)), basename(folder))
  if (real !== itself || real.split('/').length < 3) {
    throw new HostError(
      'host-leftovers',
      `${folder} is a link or too close to the root of the machine`,
      'it is left as it is: look at it yourself',
    )
  }
  await releaseLeftovers(real)
  // A mount that hides from our mountinfo, in another namespace, is kept out by --one-file-system.
  const remove = ['-r', '-f', '--one-file-system', '--']
  const others = (await readdir(real)).filter((name) => name !== marker).map((name) => join(real, name))
  await runCommand('rm', [...remove, ...others], APART)
  await runCommand('rm', [...remove, real], APART)
}

async function unmountBelow(root: string, flags: readonly string[]): Promise<void> {
  // Bind mounts of the machine's /dev share their propagation with it: unless all are private before, unmounting the
  // copy of /dev/pts would unmount /dev/pts itself (KIWI issue 2692).
  for (const point of mountsBelow(await readMountPoints(), root)) await tried('mount', ['--make-private', point])
  for (const point of mountsBelow(await readMountPoints(), root)) await tried('umount', [...flags, '--', point])
}

async function sweepStaleNodes(root: string): Promise<void> {
  const used = new Set((await readLoops()).map((loop) => loop.device))
  const carrier = join(root, 'sweep.img')
  for (const name of await readdir(SYS_BLOCK)) {
    const device = `/dev/${name}`
    if (!/^loop\d+$/.test(name) || used.has(device) || !(await hasPartitions(name))) continue
    // `partx --delete` needs an attached device; losetup refuses one that somebody else has attached meanwhile.
    // All hole: it may be a full disk that ended what is released.
    await using file = await open(carrier, 'w')
    await file.truncate(1 << 20)
    if (!(await tried('losetup', [device, carrier]))) continue
    await tried('partx', ['--delete', device])
    await tried('losetup', ['--detach', device])
  }
  await rm(carrier, { force: true })
}

async function hasPartitions(name: string): Promise<boolean> {
  const entries = await readdir(join(SYS_BLOCK, name)).catch(() => [])
  return entries.some((entry) => entry.startsWith(`${name}p`))
}

/** Runs a tool whose success shows in what is left over. */
async function tried(program: string, args: readonly string[]): Promise<boolean> {
  return unlessGone(runCommand(program, args, APART))
}

async function unlessGone(work: Promise<unknown>): Promise<boolean> {
  try {
    await work
    return true
  } catch (error) {
    if (error instanceof CommandError) return false
    throw error
  }
}
