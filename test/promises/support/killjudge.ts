import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { type Ended, type Kill, type Lane, MOMENTS } from './killedbuild.ts'
import { leaks, readTraces, type Traces } from './traces.ts'
import { VICTIMS } from './victims.ts'
import { exportProblems } from './wholeexport.ts'

/** What is left has so long to go. */
const CLEAN_SECONDS = 10
/** From SIGINT to SIGTERM GitHub leaves 7.5 s. */
const CANCEL_SECONDS = 7
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGKILL'] as const
/** Where all are to be gone that look after a build, there is one way. */
export const PAIRS = VICTIMS.flatMap((victim) =>
  SIGNALS.filter((signal) => victim !== 'everything' || signal === 'SIGKILL').map((signal) => ({ victim, signal })),
)

/** What a build of a lane is held against. */
export interface Judge {
  /** Of the machine before all builds. */
  readonly before: Traces
  /** Of the image that a whole build makes; empty where each makes another. */
  readonly digest: string
  /** Lanes whose build was killed with all that looks after it, until the next one there has cleaned up. */
  readonly alone: Set<Lane>
}

/** The kill of this number: victims and signals in turn, the rest at random. */
export function killOf(index: number, random: () => number, longestMilliseconds = 300): Kill {
  const { victim, signal } = PAIRS[index % PAIRS.length] ?? { victim: 'node', signal: 'SIGKILL' }
  const isShort = victim === 'skopeo' || victim === 'qemu-img'
  return {
    victim,
    signal,
    moment: MOMENTS[Math.floor(random() * MOMENTS.length)] ?? '',
    nth: isShort ? 1 + Math.floor(random() * 3) : 1,
    delayMilliseconds: Math.floor(random() * (isShort ? 10 : longestMilliseconds)),
    manner: random() < 0.1 ? 'stubborn' : 'willing',
    again: (victim === 'node' || victim === 'group') && signal !== 'SIGKILL' && random() < 0.5,
  }
}

/**
 * Kills a build and looks at its end and at what it left.
 *
 * @param thenBuild whether another one has to pass behind it; where all are dead that look after a build, one always does,
 *   which cleans up
 * @returns what is wrong, with all that is needed to see it again; undefined where the build was over before the kill
 */
export async function tryKill(
  lane: Lane,
  kill: Kill,
  judge: Judge,
  thenBuild: boolean,
): Promise<readonly string[] | undefined> {
  const isAlone = kill.victim === 'everything'
  if (isAlone) judge.alone.add(lane)
  const ended = await lane.build(kill.manner, kill)
  if (ended.seconds === undefined) return undefined
  const wrong = [...wrongEnd(kill, ended, judge)]
  wrong.push(...(await notClean(lane, judge, isAlone ? (left) => left.startsWith('process') : undefined)))
  if (thenBuild || isAlone) wrong.push(...(await wrongBuild(lane, judge)))
  const said = ended.stderr.split('\n').filter((line) => line.startsWith('warning'))
  return wrong.map((text) => [JSON.stringify(kill), text, ...said].join(': '))
}

/** Builds in a lane to the end. @returns what is wrong */
export async function wrongBuild(lane: Lane, judge: Judge): Promise<readonly string[]> {
  const whole = await lane.build('willing')
  judge.alone.delete(lane)
  const wrong = isWhole(whole, judge) ? [] : [`a build failed: ${whole.stderr.slice(-900)}`]
  return [...wrong, ...(await notClean(lane, judge))]
}

/** Waits for a machine as it was. @returns what is still not so after ten seconds */
export async function notClean(lane: Lane, judge: Judge, only = (_: string) => true): Promise<readonly string[]> {
  const { folder } = lane
  const { before, digest, alone } = judge
  for (const since = performance.now(); ; await pause(50)) {
    const left = [
      ...leaks(before, await readTraces(folder), { folder, temp: tmpdir() }),
      ...(await lane.leftovers()),
      ...(await exportProblems(join(folder, 'work/out'), digest)),
    ]
      .filter(only)
      // They are the machine's, and nothing says whose build left them.
      .filter((each) => alone.size === 0 || !/^(place|node) /.test(each))
    if (left.length === 0 || performance.now() - since > CLEAN_SECONDS * 1000) return left
  }
}

function isWhole({ exitCode, stdout }: Ended, { digest }: Judge): boolean {
  const said = stdout.trim()
  return exitCode === 0 && (digest === '' ? /^sha256:[0-9a-f]{64}$/.test(said) : said === digest)
}

/** How a build may end that something was done to. */
function wrongEnd({ victim, signal, again }: Kill, ended: Ended, judge: Judge): readonly string[] {
  const { exitCode, signal: by, stdout, stderr, seconds = 0 } = ended
  const text = stderr.split('\n').slice(-6).join(' | ')
  const isAsked = victim === 'node' || victim === 'group'
  if (isWhole(ended, judge)) return []
  // All was done and said, and Node had put its handlers away.
  if (isAsked && by === signal && isWhole({ ...ended, exitCode: 0 }, judge)) return []
  if (signal === 'SIGKILL' && (isAsked || victim === 'everything'))
    return by === signal ? [] : [`ended by ${by}: ${text}`]
  // Before it has set out on anything the system ends it.
  if (isAsked && by === signal && stderr === '') return []
  // What comes while it ends already, the error told, ends it at once.
  const isOver = exitCode === 1 || (again && by === signal)
  const wrong = isOver && stdout === '' ? [] : [`exit ${exitCode ?? by}, ${stdout}: ${text}`]
  const errors = stderr.split('\n').filter((line) => line.startsWith('error'))
  if (errors.length !== 1 || /bug/.test(errors[0] ?? '')) wrong.push(`says ${JSON.stringify(errors)}`)
  if (!isAsked) return wrong
  if (!/cancel/.test(errors[0] ?? '')) wrong.push(`says ${errors[0]} of a cancel`)
  if (seconds > CANCEL_SECONDS) wrong.push(`took ${seconds.toFixed(1)} s to end`)
  return wrong
}
