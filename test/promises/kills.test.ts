import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Base, makeBase } from '../support/base.ts'
import { type Registry, startRegistry } from '../support/registry.ts'
import { chance } from './support/chance.ts'
import { type Ended, type Kill, type Lane, MOMENTS, makeLane } from './support/killedbuild.ts'
import { leaks, readTraces, type Traces } from './support/traces.ts'
import { isWide, Tried, times } from './support/tried.ts'
import { VICTIMS } from './support/victims.ts'
import { exportProblems } from './support/wholeexport.ts'

const SEED = Number(process.env['KILLS_SEED'] ?? 20_261_121)
const LANES = 4
/** What is left has so long to go. */
const CLEAN_SECONDS = 10
/** What GitHub leaves between SIGINT and SIGTERM is 7.5 s. */
const CANCEL_SECONDS = 7
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGKILL'] as const
/** Where all are to be gone that look after a build, there is one way. */
const PAIRS = VICTIMS.flatMap((victim) =>
  SIGNALS.filter((signal) => victim !== 'everything' || signal === 'SIGKILL').map((signal) => ({ victim, signal })),
)

let base: Base
let registry: Registry
let lanes: readonly Lane[]
let digest: string

beforeAll(async () => {
  base = await makeBase()
  registry = await startRegistry()
  const lane = (_: unknown, index: number) =>
    makeLane([
      ...['--base-image', `oci:${base.layout}:amd64`, '--format', 'qcow2', '--platform', 'linux/amd64'],
      ...['--tags', `${registry.address}/kills/lane${index}:1`, '--push', '--tls-verify=false'],
      ...['--source-date-epoch', '1700000000'],
    ])
  lanes = await Promise.all(Array.from({ length: LANES }, lane))
  const whole = await lanes[0]?.build('willing')
  expect(whole?.exitCode, whole?.stderr).toBe(0)
  digest = whole?.stdout.trim() ?? ''
})
afterAll(async () => {
  for (const lane of lanes ?? []) await lane[Symbol.asyncDispose]()
  await registry?.[Symbol.asyncDispose]()
  await base?.[Symbol.asyncDispose]()
})

/** Waits for a machine as it was. @returns what is still not so after ten seconds */
async function notClean(lane: Lane, before: Traces, only = (_: string) => true): Promise<readonly string[]> {
  const { folder } = lane
  for (const since = performance.now(); ; await pause(50)) {
    const left = [
      ...leaks(before, await readTraces(folder), { folder, temp: tmpdir() }),
      ...(await lane.leftovers()),
      ...(await exportProblems(join(folder, 'work/out'), digest)),
    ].filter(only)
    if (left.length === 0 || performance.now() - since > CLEAN_SECONDS * 1000) return left
  }
}

/** How a build may end that something was done to. */
function wrongEnd({ victim, signal }: Kill, { exitCode, signal: by, stdout, stderr, seconds = 0 }: Ended): string[] {
  const text = stderr.split('\n').slice(-6).join(' | ')
  const isKilled = signal === 'SIGKILL' && ['node', 'group', 'everything'].includes(victim)
  if (isKilled)
    return by === 'SIGKILL' || (exitCode === 0 && stdout.trim() === digest) ? [] : [`ended by ${by}: ${text}`]
  if (exitCode === 0) return stdout.trim() === digest ? [] : [`exit 0 with ${stdout}`]
  // Before it has set out on anything the system ends it.
  if (by === signal && stderr === '') return []
  const wrong = exitCode === 1 && stdout === '' ? [] : [`exit ${exitCode ?? by}, ${stdout}: ${text}`]
  const errors = stderr.split('\n').filter((line) => line.startsWith('error'))
  if (errors.length !== 1 || /bug/.test(errors[0] ?? '')) wrong.push(`says ${JSON.stringify(errors)}`)
  if (victim !== 'node' && victim !== 'group') return wrong
  if (!/cancel/.test(errors[0] ?? '')) wrong.push(`says ${errors[0]} of a cancel`)
  if (seconds > CANCEL_SECONDS) wrong.push(`took ${seconds.toFixed(1)} s to end`)
  return wrong
}

function killOf(index: number, random: () => number): Kill {
  const { victim, signal } = PAIRS[index % PAIRS.length] ?? { victim: 'node', signal: 'SIGKILL' }
  const short = victim === 'skopeo' || victim === 'qemu-img'
  return {
    victim,
    signal,
    moment: MOMENTS[Math.floor(random() * MOMENTS.length)] ?? '',
    nth: short ? 1 + Math.floor(random() * 3) : 1,
    delayMilliseconds: Math.floor(random() * (short ? 10 : 300)),
    manner: random() < 0.1 ? 'stubborn' : 'willing',
  }
}

/** Kills a build; what fails in it is told with all that is needed to see it again. */
async function tryKill(
  lane: Lane,
  kill: Kill,
  before: Traces,
  thenBuild: boolean,
): Promise<readonly string[] | undefined> {
  const ended = await lane.build(kill.manner, kill)
  if (ended.seconds === undefined) return undefined
  const wrong = [...wrongEnd(kill, ended)]
  // Where all are dead that look after a build, the next one does; but what it started is gone at once.
  const isAlone = kill.victim === 'everything'
  wrong.push(...(await notClean(lane, before, isAlone ? (left) => left.startsWith('process') : undefined)))
  if (thenBuild || isAlone) {
    const next = await lane.build('willing')
    if (next.exitCode !== 0 || next.stdout.trim() !== digest)
      wrong.push(`the next build failed: ${next.stderr.slice(-900)}`)
    wrong.push(...(await notClean(lane, before)))
  }
  return wrong.map((text) => `${JSON.stringify(kill)}: ${text}`)
}

describe('builds that are killed', () => {
  it('leave nothing, whoever is killed by what and when, and the next one passes', async () => {
    const wanted = times(22, 1000)
    const nextEvery = times(11, 20)
    const random = chance(SEED)
    const tried = new Tried('kills', `kills of a build (seed ${SEED})`)
    const [first] = lanes
    if (first === undefined) return expect.fail('there is no lane')
    const before = await readTraces(first.folder)
    let index = 0
    const work = async (lane: Lane) => {
      for (;;) {
        const mine = index++
        if (mine >= wanted) return
        for (let kill = killOf(mine, random); ; kill = killOf(mine, random)) {
          const wrong = await tryKill(lane, kill, before, mine % nextEvery === 0)
          if (wrong === undefined) continue
          tried.add(`${kill.signal} to ${kill.victim}`, wrong)
          break
        }
      }
    }
    await Promise.all(lanes.map(work))
    await tried.finish(wanted)
  })
})

void isWide
