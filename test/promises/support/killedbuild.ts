import { spawn } from 'node:child_process'
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { description } from '../../process/support/cli.ts'
import { repositoryRoot } from '../../support/tools.ts'
import { type Manner, writeLoopingKiwi } from './loopingkiwi.ts'
import { type Signal, send, type Victim, victimsNow } from './victims.ts'

/** What a build says when it comes to a phase; the first is said by nobody: from the start of the process on. */
export const MOMENTS = [
  ...['', 'Check base, registries and disk …', 'KIWI: Bootstrap …', 'KIWI: Disk …', 'KIWI: Disk content …'],
  ...['KIWI: Results …', 'Look through the disk', 'Wrap …', 'Check what was written …', 'Export …', 'Push …'],
] as const

const AGAIN_MILLISECONDS = 60

export interface Kill {
  readonly victim: Victim
  readonly signal: Signal
  /** For `node`, `group` and `everything`; others are hit when they are there. */
  readonly moment: (typeof MOMENTS)[number]
  /** Which of them one after another, where a build has several. */
  readonly nth: number
  readonly delayMilliseconds: number
  readonly manner: Manner
  /** Whoever is impatient asks again and again. */
  readonly again: boolean
}

export interface Ended {
  readonly exitCode: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
  /** From the signal that was sent to the end; undefined where none was sent any more. */
  readonly seconds?: number
}

/** Where builds run one after another: a home, a temp and a working folder with a description. */
export interface Lane extends AsyncDisposable {
  readonly folder: string
  /** The log that a failure names is read by nobody here, and removed. */
  build(manner: Manner, kill?: Kill): Promise<Ended>
  /** What is in its temp, and beside the description and a whole export in its working folder. */
  leftovers(): Promise<readonly string[]>
}

/** A real KIWI, and what it builds. */
export interface RealBuild {
  readonly kiwi: string
  readonly description: string
}

/** @param arguments_ of the command line beside the description and the export */
export async function makeLane(arguments_: readonly string[], real?: RealBuild): Promise<Lane> {
  const folder = await mkdtemp(join(tmpdir(), 'kiwi-oci-kills-'))
  for (const name of ['home', 'temp', 'work/description']) await mkdir(join(folder, name), { recursive: true })
  await writeFile(join(folder, 'work/description/config.xml'), description())
  for (const manner of ['willing', 'stubborn'] as const) await writeLoopingKiwi(join(folder, manner), manner)
  return {
    folder,
    build: async (manner, kill) => {
      await rm(join(folder, 'work/out'), { recursive: true, force: true })
      const bin = real === undefined ? join(folder, manner) : dirname(real.kiwi)
      const args = ['--description', real?.description ?? 'description', '--export', 'oci:out', ...arguments_]
      const ended = await run(folder, bin, args, kill)
      const [, log] = /the whole log is (\/\S+)\/kiwi\.log/.exec(ended.stderr) ?? []
      if (log !== undefined) await rm(log, { recursive: true })
      return ended
    },
    leftovers: async () => {
      const temp = (await readdir(join(folder, 'temp'))).map((name) => `temp/${name}`)
      const work = (await readdir(join(folder, 'work'))).filter((name) => !['description', 'out'].includes(name))
      const cache = await readdir(join(folder, 'home'), { recursive: true })
      return [...temp, ...work, ...cache.filter((name) => name.endsWith('.tmp'))]
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}

async function run(folder: string, bin: string, args: readonly string[], kill?: Kill): Promise<Ended> {
  // The leader of a process group, as a shell starts a command.
  const child = spawn(process.execPath, [join(repositoryRoot, 'dist/cli.js'), ...args], {
    cwd: join(folder, 'work'),
    env: { PATH: `${bin}:${process.env['PATH']}`, HOME: join(folder, 'home'), TMPDIR: join(folder, 'temp') },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  })
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].on('data', (piece: Buffer) => {
      output[name] += piece.toString()
    })
  }
  let isOver = false
  // Its own end: what it started holds its output a moment longer.
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const closed = new Promise<readonly [number | null, NodeJS.Signals | null]>((resolve) => {
    child.once('close', (code, signal) => resolve([code, signal]))
  })
  void exited.then(() => {
    isOver = true
  })
  const { pid = 0 } = child
  const hit =
    kill &&
    (await strike(
      kill,
      pid,
      () => output.stderr,
      () => isOver,
    ))
  await exited
  const seconds = hit === undefined ? undefined : (performance.now() - hit) / 1000
  const [exitCode, signal] = await closed
  return { exitCode, signal, ...output, ...(seconds === undefined ? {} : { seconds }) }
}

/** Waits for the moment and sends the signal. @returns when, undefined where the build was over before */
async function strike(
  { victim, signal, moment, nth, delayMilliseconds, again }: Kill,
  pid: number,
  said: () => string,
  isOver: () => boolean,
): Promise<number | undefined> {
  const seen = new Set<number>()
  const isNow = async () => {
    if (['node', 'group', 'everything'].includes(victim)) return said().includes(moment)
    for (const each of await victimsNow(victim, pid)) seen.add(each)
    return seen.size >= nth
  }
  while (!(await isNow())) {
    if (isOver()) return undefined
    await pause(2)
  }
  await pause(delayMilliseconds)
  if (isOver()) return undefined
  const at = performance.now()
  if (!(await send(signal, await victimsNow(victim, pid)))) return undefined
  while (again && !isOver()) {
    await pause(AGAIN_MILLISECONDS)
    await send(signal, await victimsNow(victim, pid))
  }
  return at
}
