import { createReadStream } from 'node:fs'
import { mkdir, mkdtemp, realpath, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { runCommand } from '../command.ts'
import { isErrorCode } from '../errorcode.ts'
import { CommandError, HostError, InputError, KnownError, RelayedError } from '../errors.ts'
import type { Report } from '../report.ts'
import { kiwiArguments, type Selection } from './arguments.ts'
import { HOME_FOLDER, kiwiEnvironment } from './environment.ts'
import { failureReason, KiwiError, spaceLack, usageProblem } from './failure.ts'
import { KILLED, REFUSED, type RunJob } from './job.ts'
import { KiwiLog, type Phase, saysNothing } from './log.ts'
import { writePartx } from './partx.ts'
import { type KiwiResult, readKiwiResult } from './result.ts'
import { aptConfigurationFile, checkSavings, type Savings, writeSavings } from './savings.ts'

/**
 * Where KIWI sees the folder of packages: its own default. It binds the folder into the root tree at the same path, and
 * what is missing of the path there it makes with the wrong mode, so below /tmp the tree would get a /tmp closed to apt.
 */
const CACHE_PLACE = '/var/cache/kiwi'
/** From the end of its input to SIGKILL: the supervisor needs 5 s for KIWI and some for what it releases. */
const GRACE_SECONDS = 30

export interface BuildRequest extends Selection {
  /** Path of kiwi-ng. */
  readonly kiwi: string
  /** The staged description. */
  readonly description: string
  /** A folder of ours with its marker file; the result and all that is temporary are made in it, KIWI's log
   *  beside it, which stays after a failure that names it. */
  readonly workFolder: string
  /** Where packages are kept between builds; no two builds may use it at one time. */
  readonly sharedCache: string
  readonly buildArguments: readonly string[]
  /** Variables for KIWI's environment, of which the proxies and `SOURCE_DATE_EPOCH` are taken. */
  readonly offered: Readonly<Record<string, string>>
  /** Left out: KIWI builds as it does by itself. */
  readonly savings?: Savings
  /** The command line that starts the supervisor as root. */
  readonly supervisor: { readonly program: string; readonly args: readonly string[] }
  /** Whom the results belong to. */
  readonly owner: RunJob['owner']
  readonly caller: RunJob['caller']
  readonly report: Report
  /** The time in milliseconds. */
  readonly now: () => number
  readonly signal?: AbortSignal
}

export interface DiskBuild extends KiwiResult {
  /** How long each phase took, in order. */
  readonly phases: readonly Phase[]
}

/**
 * Builds a disk with `kiwi-ng system build`, as root and under the supervisor.
 *
 * @throws KiwiError with KIWI's own reason, HostError when the machine lacks space or rights, InputError for arguments
 *   that this KIWI does not know, CommandError when the build was canceled
 */
export async function buildDisk(request: BuildRequest): Promise<DiskBuild> {
  const workFolder = await realpath(request.workFolder)
  const target = join(workFolder, 'target')
  // Beside the folder, which goes with the job: after a failure the log is what is left to read. In a folder that only
  // we can write, since root opens it.
  const logFolder = await mkdtemp(`${workFolder}-log-`)
  const logFile = join(logFolder, 'kiwi.log')
  try {
    const phases = await runKiwi(request, { workFolder, target, logFile })
    await checkSavings(request.sharedCache)
    const result = await readKiwiResult(target)
    await rm(logFolder, { recursive: true, force: true })
    return { ...result, phases }
  } catch (error) {
    if (!namesFile(error, logFile)) await rm(logFolder, { recursive: true, force: true })
    throw error
  }
}

/** Whether an error sends its reader to a file: only then the file has to stay. */
function namesFile(error: unknown, file: string): boolean {
  return error instanceof KnownError && [error.message, ...error.detail].some((line) => line.includes(file))
}

async function runKiwi(request: BuildRequest, places: Places): Promise<readonly Phase[]> {
  await prepare(request, places.workFolder)
  const log = new KiwiLog(request.report, request.now)
  try {
    await runCommand(request.supervisor.program, request.supervisor.args, {
      input: `${JSON.stringify(buildJob(request, places))}\n`,
      stopByEndOfInput: true,
      graceSeconds: GRACE_SECONDS,
      onLine: (line) => log.take(line),
      ...(request.signal ? { signal: request.signal } : {}),
    })
  } catch (error) {
    log.end()
    if (!(error instanceof CommandError)) throw error
    // What was started is the supervisor; what the user knows is KIWI.
    if (error.outcome.kind === 'canceled') throw new CommandError('KIWI', [], error.outcome, error.lastLines)
    throw await explained(error, log, places)
  }
  return log.end()
}

async function prepare({ sharedCache, savings }: BuildRequest, workFolder: string): Promise<void> {
  // gpg of KIWI 9 makes no home for itself, and wants that nobody else reads it.
  await mkdir(join(workFolder, HOME_FOLDER, '.gnupg'), { recursive: true, mode: 0o700 })
  await mkdir(join(workFolder, 'tmp'), { recursive: true })
  await mkdir(sharedCache, { recursive: true })
  await writePartx(workFolder)
  if (savings !== undefined) await writeSavings(savings, { workFolder, sharedCache, cachePlace: CACHE_PLACE })
}

interface Places {
  readonly workFolder: string
  readonly target: string
  readonly logFile: string
}

function buildJob(request: BuildRequest, { workFolder, target, logFile }: Places): RunJob {
  const temp = join(workFolder, 'tmp')
  return {
    program: request.kiwi,
    args: kiwiArguments({ ...request, sharedCache: CACHE_PLACE, target, temp, logFile }),
    env: kiwiEnvironment({ ...request, workFolder, ...aptConfigurationFile(request.savings, CACHE_PLACE) }),
    cwd: workFolder,
    workFolder,
    bind: { from: request.sharedCache, to: CACHE_PLACE },
    // The root tree is as large as the disk, and of use to nobody once the disk is there or the build has failed.
    discard: [join(target, 'build'), temp, join(workFolder, HOME_FOLDER)],
    handOver: [target, logFile, request.sharedCache],
    owner: request.owner,
    caller: request.caller,
  }
}

async function explained(error: CommandError, log: KiwiLog, places: Omit<Places, 'target'>): Promise<KnownError> {
  const lastLine = error.lastLines.at(-1) ?? error.message
  if (error.outcome.kind === 'missing') return error
  if (error.outcome.kind === 'exit' && error.outcome.code === REFUSED) return refusal(lastLine)
  if (log.phase === undefined && lastLine.startsWith('sudo: ')) {
    return new HostError('host-root', `building needs root (${lastLine})`, 'run as root or with password-less sudo')
  }
  const unknown = log.errors.length === 0 ? usageProblem(error.lastLines) : undefined
  if (unknown !== undefined) return new InputError([{ where: 'input kiwi-arguments', text: unknown }])
  const during = log.phase === undefined ? '' : ` in the phase ${log.phase}`
  const kept = `the whole log is ${places.logFile}`
  const lack = await lackIn(places.logFile, error.lastLines)
  if (lack === 'machine') {
    const need = log.neededMegabytes === 0 ? '' : ` (it needs about ${(log.neededMegabytes / 500).toFixed(1)} GB)`
    return new HostError(
      'host-space',
      `no space left in ${places.workFolder} while KIWI worked${during}`,
      `make room there${need} or name a larger place with work-dir; ${kept}`,
    )
  }
  if (lack === undefined && log.errors.length === 0 && isKill(error))
    return new CommandError('KIWI', [], { kind: 'signal', signal: 'SIGKILL' }, [...withoutUnshare(error), kept])
  const reason = failureReason(log.errors) ?? lastLine
  const remedy = lack === 'disk' ? ': the disk is too small for the system, raise <size> in the description' : ''
  return new KiwiError(lack === 'disk' ? 'kiwi-size' : 'kiwi-failed', `KIWI failed${during}: ${reason}${remedy}`, [
    ...error.lastLines.filter((line) => !saysNothing(line)),
    kept,
  ])
}

/**
 * Of KIWI itself, as by a system that has no memory left, or of who watches it. unshare(1) of util-linux 2.38 wants to end as
 * KIWI did, and fails to for SIGKILL.
 */
function isKill(error: CommandError): boolean {
  const { outcome, lastLines } = error
  return outcome.kind === 'exit' && (outcome.code === KILLED || withoutUnshare(error).length < lastLines.length)
}

function withoutUnshare({ lastLines }: CommandError): readonly string[] {
  return lastLines.filter((line) => !line.startsWith('unshare: sigprocmask '))
}

/** The supervisor's own words, behind its code: `host-root: what: what to do`. */
function refusal(line: string): KnownError {
  const [, code = '', message = ''] = /^([a-z-]+): (.*)$/.exec(line) ?? []
  if (isErrorCode(code)) return new RelayedError(code, message)
  return new HostError('host-handover', `the supervisor gave up (${line})`, 'see the log')
}

/**
 * Looks for a lack of space also in KIWI's log: what KIWI prints at the end may be a later failure. And where the log has
 * no space either, the supervisor says so last.
 */
async function lackIn(logFile: string, lastLines: readonly string[]): Promise<'machine' | 'disk' | undefined> {
  for (const line of lastLines.toReversed()) {
    const lack = spaceLack(line)
    if (lack !== undefined) return lack
  }
  const stream = createReadStream(logFile)
  try {
    for await (const line of createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY })) {
      const lack = spaceLack(line)
      if (lack !== undefined) return lack
    }
  } catch {
    // KIWI was not able to write one.
  } finally {
    stream.destroy()
  }
  return undefined
}
