import { readFile, readlink } from 'node:fs/promises'
import { hostname } from 'node:os'
import { processStart } from '../host/process-start.ts'

/** A process by its number and start, on the machine and in the process namespace where both mean something. */
interface ProcessOwner {
  readonly host: string
  readonly boot: string
  readonly namespace: string
  readonly pid: number
  readonly started: string
}

/** A job of a runner: steps of it come and go, and its folders last as long as the job. */
interface JobOwner {
  /** The runner's folder for one job after another. */
  readonly temp: string
  /** Whatever tells it from others that the runner runs. */
  readonly job: string
}

/** Whom a folder of ours belongs to. */
export type Owner = ProcessOwner | JobOwner

const BOOT_FILE = '/proc/sys/kernel/random/boot_id'
const TEXTS = ['host', 'boot', 'namespace', 'started'] as const

/** This process. */
export async function thisProcess(): Promise<ProcessOwner> {
  const { pid } = process
  const [boot, namespace, started = ''] = await Promise.all([
    readFile(BOOT_FILE, 'utf8'),
    readlink('/proc/self/ns/pid'),
    processStart(pid),
  ])
  return { host: hostname(), boot: boot.trim(), namespace, pid, started }
}

/** The owner that `JSON.stringify` wrote; undefined for anything else. */
export function parseOwner(text: string): Owner | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const fields = value as Readonly<Record<string, unknown>>
  const areTexts = (names: readonly string[]) => names.every((name) => typeof fields[name] === 'string')
  if (areTexts(['temp', 'job'])) return value as JobOwner
  return areTexts(TEXTS) && Number.isInteger(fields['pid']) ? (value as ProcessOwner) : undefined
}

/**
 * Whether an owner works no more, as far as the one who asks can know it: a process of this machine and of our namespace
 * that is gone or from before the last start, or another job of our runner, which runs one at a time. What cannot be known
 * is taken for alive.
 */
export async function isDead(owner: Owner, asking: Owner): Promise<boolean> {
  if ('job' in owner) return 'job' in asking && owner.temp === asking.temp && owner.job !== asking.job
  const ours = await thisProcess()
  if (owner.host !== ours.host) return false
  if (owner.boot !== ours.boot) return true
  return owner.namespace === ours.namespace && (await processStart(owner.pid)) !== owner.started
}
