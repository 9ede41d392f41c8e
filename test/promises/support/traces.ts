import { readdir, readFile, readlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { readLoops } from '../../../src/host/loops.ts'
import { isBelow, readMountPoints } from '../../../src/host/mounts.ts'
import { callAsRoot } from '../../support/root.ts'

/** What a machine shows of builds. */
export interface Traces {
  readonly mounts: readonly string[]
  /** `/dev/loop0 /its/file` */
  readonly loops: readonly string[]
  /** `/dev/loop0p1`, and partitions that only the kernel knows. */
  readonly nodes: readonly string[]
  /** Processes that name our folder in their arguments, environment, or as where they work: `NUMBER ARGUMENTS`. */
  readonly processes: readonly string[]
  /** Folders that programs make beside the temp they are told of. */
  readonly temps: readonly string[]
  /** Where a build bound folders that were not there before, and that no build uses now. */
  readonly places: readonly string[]
  /** All of /dev but terminals and shared memory. */
  readonly devices: readonly string[]
}

/** Made by KIWI, skopeo and our own in the machine's folders for temporary files and keys. */
const TEMPS: readonly (readonly [folder: string, name: RegExp])[] = [
  ['/var/tmp', /^(kiwi_|container_images_|oci|docker-tar|kiwi-oci)/],
  ['/etc/apt/keyrings', /^kiwi-/],
  ['/var/lib/dpkg', /^status\.kiwi$/],
]
/** Where folders of a build are bound, in its namespace, which are made for it on a machine that has them not. */
const PLACES = ['/var/cache/kiwi', '/etc/apt/keyrings', '/run/blkid', '/etc/lvm/archive', '/etc/lvm/backup']

/** @param folder of the runs; processes of others are not looked for */
export async function readTraces(folder: string): Promise<Traces> {
  if (process.getuid?.() !== 0) return (await callAsRoot(import.meta.url, 'tracesNow', folder)) as Traces
  return await tracesNow(folder)
}

/** As `readTraces`, for root. */
export async function tracesNow(folder: string): Promise<Traces> {
  const [mounts, loops, nodes, processes, temps, places, devices] = await Promise.all([
    readMountPoints(),
    readLoops(),
    partitionNodes(),
    processesOf(folder),
    Promise.all(TEMPS.map(([place, name]) => namesIn(place, name))),
    placesLeft(),
    namesBelow('/dev'),
  ])
  const attached = loops.map(({ device, backingFile }) => `${device} ${backingFile}`)
  return { mounts, loops: attached, nodes, processes, temps: temps.flat(), places, devices }
}

/**
 * What a run in a folder left, or took from the machine. Others work on this machine at the same time: what appeared in
 * folders for temporary files that are not ours is theirs, and so are partitions of devices that show a file of theirs.
 *
 * @param temp where all tests have their folders
 */
export function leaks(before: Traces, after: Traces, { folder, temp }: { folder: string; temp: string }): string[] {
  const isTheirs = (path: string) => isBelow(path, temp) && !isBelow(path, folder)
  const fresh = (kind: 'mounts' | 'nodes' | 'temps' | 'places' | 'devices') =>
    after[kind].filter((each) => !before[kind].includes(each))
  const lost = (kind: 'mounts' | 'devices') => before[kind].filter((each) => !after[kind].includes(each))
  const theirLoops = after.loops.filter((loop) => !ofFolder(loop, folder)).map((loop) => loop.split(' ')[0] ?? '')
  const isOfLoop = (path: string) => /^\/dev\/loop\d+(p\d+)?$/.test(path)
  return [
    ...fresh('mounts')
      .filter((point) => !isTheirs(point))
      .map((point) => `mount ${point}`),
    ...lost('mounts')
      .filter((point) => !isTheirs(point))
      .map((point) => `the mount ${point} is gone`),
    ...after.loops.filter((loop) => ofFolder(loop, folder)).map((loop) => `loop device ${loop}`),
    ...fresh('nodes')
      .filter((node) => !theirLoops.some((loop) => node.startsWith(`${loop}p`)))
      .map((node) => `node ${node}`),
    ...after.processes.map((each) => `process ${each}`),
    ...fresh('temps'),
    ...fresh('places').map((path) => `place ${path}`),
    ...fresh('devices')
      .filter((path) => !isOfLoop(path))
      .map((path) => `${path} is new`),
    ...lost('devices')
      .filter((path) => !isOfLoop(path))
      .map((path) => `${path} is gone`),
  ]
}

function ofFolder(loop: string, folder: string): boolean {
  return isBelow(loop.slice(loop.indexOf(' ') + 1), folder)
}

async function partitionNodes(): Promise<readonly string[]> {
  const disks = (await readdir('/sys/block')).filter((name) => /^loop\d+$/.test(name))
  const known = await Promise.all(
    disks.map(async (disk) =>
      (await readdir(`/sys/block/${disk}`).catch(() => [])).filter((name) => name.startsWith(`${disk}p`)),
    ),
  )
  const nodes = (await readdir('/dev')).filter((name) => /^loop\d+p\d+$/.test(name))
  return [...new Set([...known.flat(), ...nodes])].sort().map((name) => `/dev/${name}`)
}

async function processesOf(folder: string): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
  const read = async (pid: string, what: string) => await readFile(`/proc/${pid}/${what}`, 'latin1').catch(() => '')
  const found = await Promise.all(
    pids.map(async (pid) => {
      const [command, environment] = await Promise.all([read(pid, 'cmdline'), read(pid, 'environ')])
      const links = ['cwd', 'exe', 'root'].map((name) => readlink(`/proc/${pid}/${name}`).catch(() => ''))
      const isOurs = [command, environment, ...(await Promise.all(links))].some((text) => text.includes(folder))
      return isOurs && !command.includes('called.ts') ? [`${pid} ${command.replaceAll('\0', ' ')}`] : []
    }),
  )
  return found.flat()
}

/** Those that were made and that no build uses now. */
export async function placesLeft(places = PLACES): Promise<readonly string[]> {
  const made = await Promise.all(places.map((place) => namesIn(place, /^\.made-by-kiwi-oci$/)))
  if (made.flat().length === 0) return []
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const seen = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/mountinfo`, 'utf8').catch(() => '')))
  return made.flat().filter((mark) => !seen.some((mountinfo) => mountinfo.includes(` ${dirname(mark)} `)))
}

async function namesIn(folder: string, name: RegExp): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => [])
  return names.filter((each) => name.test(each)).map((each) => join(folder, each))
}

async function namesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => [])
  const below = entries
    .filter((entry) => entry.isDirectory() && !['pts', 'shm', 'mqueue', 'hugepages'].includes(entry.name))
    .map((entry) => namesBelow(join(folder, entry.name)))
  return [...entries.map(({ name }) => join(folder, name)), ...(await Promise.all(below)).flat()]
}
