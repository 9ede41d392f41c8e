import { lchown, lstat, readdir, readFile, realpath, rm } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { runCommand } from '../command.ts'
import { CommandError, describeError, HostError } from '../errors.ts'
import { type Bind, boundCommand, leavePlace } from '../host/bound-place.ts'
import { releaseLeftovers, removeWithLeftovers } from '../host/leftovers.ts'
import { searchFolders } from '../host/missing.ts'
import { namespaceLack, PROTECTION } from '../host/namespaces.ts'
import { makePrivatePlaces } from '../host/private-places.ts'
import { processStart } from '../host/process-start.ts'
import { isFull, NO_SPACE } from '../host/space.ts'
import { MARKER, RUN_FILE, removeLogs } from '../job/workfolder.ts'
import { KILLED, parseJob, REFUSED, type RemoveJob, type RunJob } from '../kiwi/job.ts'
import { putText } from '../oci/store/file.ts'

/**
 * Runs as root beside a job that may be ended at any moment: it starts KIWI where nothing that KIWI mounts or starts can
 * stay behind, ends it when its own standard input ends (the caller is gone, or wants it so), and cleans up after it.
 *
 * The job is the first line of its standard input, as JSON (`kiwi/job.ts`).
 */

/** From SIGINT, after which KIWI undoes its mounts itself, to the end of everything. GitHub leaves 7.5 s to SIGTERM. */
const GRACE_MILLISECONDS = 4_000
const EXIT_CODES = Array.from({ length: 256 }, (_, code) => code)

async function main(): Promise<number> {
  // Whoever started us may have a PATH without them: cron, or an ordinary user whose sudo passes theirs on.
  process.env['PATH'] = searchFolders(process.env['PATH'] ?? '/usr/bin:/bin').join(':')
  if (process.getuid?.() !== 0)
    throw new HostError('host-root', 'building needs root', 'run as root or with password-less sudo')
  const input = createInterface({ input: process.stdin })
  const line = new Promise<string>((resolveLine) => {
    input.once('line', resolveLine)
    input.once('close', () => resolveLine(''))
  })
  const ended = new Promise<void>((resolveEnd) => {
    input.once('close', resolveEnd)
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => resolveEnd())
  })
  const text = await line
  if (text === '') throw new HostError('host-handover', 'the supervisor was given no job', 'kiwi-oci starts it itself')
  const job = parseJob(text)
  if ('remove' in job) return remove(job)
  return run(job, ended)
}

async function run(job: RunJob, ended: Promise<void>): Promise<number> {
  await checkMarked(job.workFolder)
  await checkNamespaces()
  const own = join(job.workFolder, `private-${process.pid}`)
  const binds = [job.bind]
  try {
    binds.push(...(await makePrivatePlaces(own, usedPaths(job))))
    const who = `${process.pid} ${await processStart(process.pid)}`
    await putText(join(job.workFolder, RUN_FILE), [who, ...binds.map(({ to }) => to)].join('\n'))
    const code = await supervise(job, binds, ended)
    // Before what it wrote is removed: on a full disk KIWI's log ends early, and its last error may be a later one.
    if (code !== 0 && (await isFull(job.workFolder))) process.stdout.write(`${job.workFolder}: ${NO_SPACE}\n`)
    return code
  } finally {
    await releaseLeftovers(job.workFolder)
    for (const { to } of binds) await leavePlace(to)
    await removeTree(own)
    if (await isGone(job.caller)) await abandon(job.workFolder)
    else await conclude(job)
  }
}

/** Leaves what the caller needs, and as its own. */
async function conclude(job: RunJob): Promise<void> {
  for (const folder of job.discard) await removeTree(within(folder, job.workFolder))
  for (const path of job.handOver) await handOver(path, job.owner)
  await rm(join(job.workFolder, RUN_FILE), { force: true })
}

async function isGone({ pid, started }: RunJob['caller']): Promise<boolean> {
  return ((await processStart(pid)) ?? '') !== started
}

/** Nobody is there any more who could remove it, or was told of the log. */
async function abandon(workFolder: string): Promise<void> {
  await removeWithLeftovers(workFolder, MARKER)
  await removeLogs(workFolder)
}

/**
 * Starts the program and waits for its end. It leads a process group of its own, for SIGINT is sent to all of it: KIWI
 * undoes its mounts at that signal alone.
 *
 * @returns its exit code
 */
async function supervise(job: RunJob, binds: readonly Bind[], ended: Promise<void>): Promise<number> {
  const started = Promise.withResolvers<number>()
  let announced = false
  const take = (line: string) => {
    const announces = !announced && /^\d+$/.test(line)
    if (announces) started.resolve(Number(line))
    else process.stdout.write(`${line}\n`)
    announced ||= announces
  }
  // The shell becomes setsid, and that the program of PROTECTION, all with the number that comes first.
  let inside: readonly string[] = [job.program, ...job.args]
  for (const bind of binds) inside = await boundCommand(bind, inside)
  const args = ['-c', 'echo $$; exec setsid "$@"', 'sh', ...PROTECTION, ...inside]
  // Not by env(1): its arguments can be read by everybody, and a proxy's address may hold a password.
  const options = { cwd: job.cwd, env: job.env, accept: EXIT_CODES, onLine: take }
  const exit = runCommand('/bin/sh', args, options).then(({ exitCode }) => exitCode, killed)
  const stopped = ended.then(() => 'stop' as const)
  if ((await Promise.race([exit, stopped])) === 'stop') await stop(started.promise, exit)
  return exit
}

function killed(error: unknown): number {
  if (error instanceof CommandError && error.outcome.kind === 'signal') return KILLED
  throw error
}

async function stop(started: Promise<number>, exit: Promise<number>): Promise<void> {
  const pid = await Promise.race([started, exit.then(() => undefined)])
  if (pid === undefined) return
  signal(-pid, 'SIGINT')
  await Promise.race([exit, pause(GRACE_MILLISECONDS, undefined, { ref: false })])
  // The end of unshare is the end of the process namespace, and with it of every mount.
  signal(pid, 'SIGKILL')
}

async function checkNamespaces(): Promise<void> {
  const lack = await namespaceLack({ kind: 'root' })
  if (lack) throw lack
}

async function remove({ remove: folder, under }: RemoveJob): Promise<number> {
  if ((await lstat(folder).catch(() => undefined)) === undefined) return 0
  const real = await realpath(folder)
  if (real !== join(await realpath(under), basename(folder))) {
    throw new HostError('host-leftovers', `${folder} is not the folder it says it is`, 'remove it yourself')
  }
  await checkMarked(real)
  const [who = '', ...places] = (await readFile(join(real, RUN_FILE), 'utf8').catch(() => '')).split('\n')
  await endSupervisor(who)
  await removeWithLeftovers(real, MARKER)
  for (const place of places) await leavePlace(place)
  return 0
}

/** A supervisor that still works has its time to end, then it is killed and KIWI with it. */
async function endSupervisor(who: string): Promise<void> {
  const [pid = 0, started] = who.split(' ').map(Number)
  if (!Number.isInteger(pid) || pid <= 1 || pid === process.pid) return
  const isOurs = async () => (await commandLine(pid)).includes(import.meta.filename)
  const running = async () => Number(await processStart(pid)) === started && (await isOurs())
  if (!(await running())) return
  signal(pid, 'SIGTERM')
  const deadline = 2 * GRACE_MILLISECONDS
  for (let waited = 0; waited < deadline; waited += 100) {
    if (!(await running())) return
    await pause(100)
  }
  signal(pid, 'SIGKILL')
}

/** Signals a process, or with a negative number its group; one that has ended meanwhile is no failure. */
function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name)
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}

async function commandLine(pid: number): Promise<readonly string[]> {
  return (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).split('\0')
}

async function checkMarked(folder: string): Promise<void> {
  const [itself, marker] = await Promise.all([
    lstat(folder).catch(() => undefined),
    lstat(join(folder, MARKER)).catch(() => undefined),
  ])
  if (itself?.isDirectory() && marker?.isFile()) return
  throw new HostError(
    'host-leftovers',
    `${folder} is no work folder of kiwi-oci`,
    `it lacks the file ${MARKER} and is left alone`,
  )
}

/** What has to stay where it is for the program. */
function usedPaths({ program, cwd, workFolder, bind, handOver }: RunJob): readonly string[] {
  return [program, cwd, workFolder, bind.from, bind.to, ...handOver]
}

function within(folder: string, workFolder: string): string {
  if (folder.startsWith(`${workFolder}/`) && resolve(folder) === folder) return folder
  throw new Error(`${folder} does not lie in ${workFolder}`)
}

async function removeTree(folder: string): Promise<void> {
  // Whatever is still mounted in it is not ours to empty.
  await runCommand('rm', ['-rf', '--one-file-system', '--', folder], { apart: true })
}

async function handOver(path: string, owner: RunJob['owner']): Promise<void> {
  const entry = await lstat(path).catch(() => undefined)
  if (entry === undefined) return
  await lchown(path, owner.uid, owner.gid)
  if (!entry.isDirectory()) return
  for (const name of await readdir(path)) await handOver(join(path, name), owner)
}

// Who listened may be gone already; the work goes on to its end.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    const { code, message } = describeError(error)
    process.stderr.write(`${code}: ${message.replaceAll('\n', ' ')}\n`, () => process.exit(REFUSED))
  },
)
