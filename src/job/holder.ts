import { readFile, readlink, statfs } from 'node:fs/promises'
import { hostname } from 'node:os'
import { processStart } from '../host/process-start.ts'
import { isJsonObject } from '../json.ts'

/** Where numbers of processes and paths of a runner mean what they mean here: a machine, or a container on it. */
interface Place {
  readonly host: string
  readonly boot: string
  readonly namespace: string
}

/** A process by its number and start. */
interface ProcessHolder extends Place {
  readonly pid: number
  readonly started: string
}

/** A job of a runner. */
export interface RunnerJob {
  /** The runner's folder for one job after another. */
  readonly temp: string
  /** Whatever tells it from others that the runner runs. */
  readonly job: string
}

/** Steps of a job come and go, and its folders last as long as the job. */
interface JobHolder extends Place, RunnerJob {}

/** Whom a folder of ours belongs to. */
export type Holder = ProcessHolder | JobHolder

const BOOT_FILE = '/proc/sys/kernel/random/boot_id'
const PLACE = ['host', 'boot', 'namespace'] as const

/** File systems of one machine alone, by statfs(2): ext, XFS, Btrfs, F2FS, ZFS, bcachefs, overlay. */
const LOCAL = [0xef53, 0x58465342, 0x9123683e, 0xf2f52010, 0x2fc12fc1, 0xca451a4e, 0x794c7630]

/** This process; undefined where /proc does not tell of it, as one of another process namespace. */
export async function thisProcess(): Promise<ProcessHolder | undefined> {
  const { pid } = process
  const [place, seen, started] = await Promise.all([
    thisPlace(),
    readlink('/proc/self').catch(() => undefined),
    processStart(pid),
  ])
  if (place === undefined || seen !== String(pid) || started === undefined) return undefined
  return { ...place, pid, started }
}

/** A job of the runner that this process works for. */
export async function thisJob(job: RunnerJob | undefined): Promise<JobHolder | undefined> {
  const place = job && (await thisPlace())
  return place && { ...place, ...job }
}

async function thisPlace(): Promise<Place | undefined> {
  try {
    const [boot, namespace] = await Promise.all([readFile(BOOT_FILE, 'utf8'), readlink('/proc/self/ns/pid')])
    return { host: hostname(), boot: boot.trim(), namespace }
  } catch {
    return undefined
  }
}

/** The holder that `JSON.stringify` wrote; undefined for anything else. */
export function parseHolder(text: string): Holder | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isJsonObject(value)) return undefined
  const areTexts = (names: readonly string[]) => names.every((name) => typeof value[name] === 'string')
  if (!areTexts(PLACE)) return undefined
  if (areTexts(['temp', 'job'])) return value as unknown as JobHolder
  const isProcess = areTexts(['started']) && Number.isInteger(value['pid']) && Number(value['pid']) > 0
  return isProcess ? (value as unknown as ProcessHolder) : undefined
}

/**
 * Whether the holder of a folder works no more, as far as the one who asks can know it: a process of this machine and of our
 * namespace that is gone, another job of our runner, which runs one at a time, or either from before the machine's last
 * start. What cannot be known is taken for alive: runners in containers have one path, cloned machines one name, and both
 * may share a folder.
 *
 * @param parent of the folder, absolute
 */
export async function isDead(holder: Holder, asking: Holder, parent: string): Promise<boolean> {
  const isHere = holder.host === asking.host && holder.boot === asking.boot && holder.namespace === asking.namespace
  if (holder.host === asking.host && holder.boot !== asking.boot && (await isLocal(parent))) return true
  if ('pid' in holder) return isHere && (await processStart(holder.pid)) !== holder.started
  const isOfRunner = 'job' in asking && holder.temp === asking.temp && holder.job !== asking.job
  // The runner's own folder is nobody else's.
  return isOfRunner && (isHere || parent === holder.temp)
}

/** Whether no other machine can have the folder too. */
async function isLocal(folder: string): Promise<boolean> {
  const type = await statfs(folder).then(
    (found) => found.type,
    () => undefined,
  )
  return type !== undefined && LOCAL.includes(type)
}
