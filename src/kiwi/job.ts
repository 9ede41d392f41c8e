import { isAbsolute } from 'node:path'
import { isJsonObject } from '../json.ts'

/** Exit code of the supervisor when it refused to work; its last line says why. KIWI itself ends with 0, 1 or 2. */
export const REFUSED = 125
/** Exit code of the supervisor when KIWI was ended by a signal; as a shell has it. */
export const KILLED = 137

/** One run of a program as root, whose leftovers below `workFolder` are released whatever happens. */
export interface RunJob {
  readonly program: string
  readonly args: readonly string[]
  /** The whole environment of the program. */
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly workFolder: string
  /** A folder that the program shall see at another place as well, which is made where it is missing. */
  readonly bind: { readonly from: string; readonly to: string }
  /** Folders below `workFolder` that nobody needs after the run. */
  readonly discard: readonly string[]
  /** Files and folders that shall belong to `owner` after the run. */
  readonly handOver: readonly string[]
  readonly owner: { readonly uid: number; readonly gid: number }
  /** The process that waits for the result, by its number and start; where it is gone, the work folder goes too. */
  readonly caller: { readonly pid: number; readonly started: string }
}

/** Releases and deletes the work folder `remove`, which must lie directly in the folder `under`. */
export interface RemoveJob {
  readonly remove: string
  readonly under: string
}

/**
 * Reads the line of JSON that the supervisor is given.
 *
 * @throws Error when it is no job; the text is for our own log, only our own code writes jobs
 */
export function parseJob(line: string): RunJob | RemoveJob {
  const value: unknown = JSON.parse(line)
  if (!isJsonObject(value)) throw new Error('the job is no JSON object')
  if ('remove' in value) return { remove: path(value, 'remove'), under: path(value, 'under') }
  const owner = value['owner']
  if (!isJsonObject(owner) || !isId(owner['uid']) || !isId(owner['gid'])) throw new Error('the job names no owner')
  const bind = value['bind']
  if (!isJsonObject(bind)) throw new Error('the job has no bind')
  const caller = value['caller']
  if (!isJsonObject(caller) || !isId(caller['pid']) || !isText(caller['started']))
    throw new Error('the job names no caller')
  const env = value['env']
  if (!isJsonObject(env) || !Object.values(env).every(isText)) throw new Error('env of the job is no mapping of texts')
  return {
    program: path(value, 'program'),
    args: texts(value, 'args'),
    env: env as Record<string, string>,
    cwd: path(value, 'cwd'),
    workFolder: path(value, 'workFolder'),
    bind: { from: path(bind, 'from'), to: path(bind, 'to') },
    discard: texts(value, 'discard'),
    handOver: texts(value, 'handOver'),
    owner: { uid: owner['uid'], gid: owner['gid'] },
    caller: { pid: caller['pid'], started: caller['started'] },
  }
}

function path(value: Record<string, unknown>, key: string): string {
  const found = value[key]
  if (!isText(found) || !isAbsolute(found)) throw new Error(`${key} of the job is no absolute path`)
  return found
}

function texts(value: Record<string, unknown>, key: string): readonly string[] {
  const found = value[key]
  if (!Array.isArray(found) || !found.every(isText)) throw new Error(`${key} of the job is no list of texts`)
  return found
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && !value.includes('\0')
}

function isId(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0
}
