import { chmod, chown, copyFile, lstat, mkdir, readdir, readlink, realpath, stat, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Bind } from './bound-place.ts'
import { isBelow } from './mounts.ts'

/** A folder of the machine that a build shall not write to. */
interface PrivatePlace {
  readonly path: string
  /** What a build sees of it: the files in it, as copies, or nothing. */
  readonly shows: 'files' | 'nothing'
}

/**
 * What KIWI, and what it calls outside of the root tree, writes to on the machine that builds: seen in a whole build with
 * strace and in the times of all files, and read from the sources of KIWI 11.1.6.
 */
const PLACES: readonly PrivatePlace[] = [
  // The keys of the description's repositories, at the same path as in the root tree (repository/apt.py).
  { path: '/etc/apt/keyrings', shows: 'files' },
  // `status.kiwi` (package_manager/apt.py), and dpkg's locks: two builds at a time, or a build and an upgrade of the
  // machine, would fail of each other. dpkg reads `arch`, the architectures beside the machine's own.
  { path: '/var/lib/dpkg', shows: 'files' },
  // The machine's hook of apt, dpkg-preconfigure, puts the questions of the image's packages there.
  { path: '/var/cache/debconf', shows: 'nothing' },
  // apt's history and terminal, dnf.log, zypper.log. That of apt would say that packages were installed here.
  { path: '/var/log', shows: 'nothing' },
  // The UUIDs of filesystems that are gone with the build, by blkid and what makes filesystems.
  { path: '/run/blkid', shows: 'nothing' },
  // Copies of the volumes' description, for a group of volumes that is gone with the build (vgcfgbackup(8)).
  { path: '/etc/lvm/archive', shows: 'nothing' },
  { path: '/etc/lvm/backup', shows: 'nothing' },
]

/**
 * Fills a folder with what a build shall see and write to instead of places of the machine. Runs as root.
 *
 * @param folder where to put them; made
 * @param used paths of the build: a place that one of them lies in stays as it is
 * @returns what to bind where
 */
export async function makePrivatePlaces(
  folder: string,
  used: readonly string[],
  places: readonly PrivatePlace[] = PLACES,
): Promise<readonly Bind[]> {
  await mkdir(folder, { mode: 0o755 })
  const binds: Bind[] = []
  for (const [index, { path, shows }] of places.entries()) {
    const to = await realPlace(path)
    if (to === undefined || used.some((each) => isBelow(each, to))) continue
    const from = join(folder, String(index))
    await mkdir(from)
    await takeAfter(to, from)
    if (shows === 'files') await copyFiles(to, from)
    binds.push({ from, to })
  }
  return binds
}

/** Nobody makes a folder in a folder that is not there. */
async function realPlace(path: string): Promise<string | undefined> {
  const there = await realpath(path).catch(() => undefined)
  if (there !== undefined) return there
  const parent = await realpath(dirname(path)).catch(() => undefined)
  return parent === undefined ? undefined : join(parent, path.slice(dirname(path).length + 1))
}

/** Mode and owner of the place, where it is there. */
async function takeAfter(place: string, copy: string): Promise<void> {
  const there = await stat(place).catch(() => undefined)
  await chmod(copy, there === undefined ? 0o755 : there.mode & 0o7777)
  if (there !== undefined) await chown(copy, there.uid, there.gid)
}

async function copyFiles(place: string, copy: string): Promise<void> {
  for (const name of await readdir(place).catch(() => [])) {
    const [from, to] = [join(place, name), join(copy, name)]
    const entry = await lstat(from).catch(() => undefined)
    if (entry?.isSymbolicLink()) await symlink(await readlink(from), to)
    if (entry?.isFile()) await copyFile(from, to)
    if (entry?.isDirectory()) await mkdir(to)
    if (entry?.isFile() || entry?.isDirectory()) await takeAfter(from, to)
  }
}
