import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Base, makeBase } from '../support/base.ts'
import { kiwiProgram } from '../support/kiwi.ts'
import { type Registry, startRegistry } from '../support/registry.ts'
import { asRoot, runAsRoot } from '../support/root.ts'
import { repositoryRoot } from '../support/tools.ts'
import { chance } from './support/chance.ts'
import { type Kill, type Lane, makeLane } from './support/killedbuild.ts'
import { type Judge, killOf, notClean, PAIRS, tryKill, wrongBuild } from './support/killjudge.ts'
import { leaks, placesLeft, readTraces } from './support/traces.ts'
import { isWide, Tried, times } from './support/tried.ts'

/** Another one kills at other moments. */
const SEED = Number(process.env['KILLS_SEED'] ?? 20_261_121)
const LANES = 4

let base: Base
let registry: Registry
let lanes: readonly Lane[]
let judge: Judge

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
  const [first] = lanes
  if (first === undefined) throw new Error('there is no lane')
  const before = await readTraces(first.folder)
  const whole = await first.build('willing')
  expect(whole.exitCode, whole.stderr).toBe(0)
  judge = { before, digest: whole.stdout.trim(), alone: new Set() }
})
afterAll(async () => {
  for (const lane of lanes ?? []) await lane[Symbol.asyncDispose]()
  await registry?.[Symbol.asyncDispose]()
  await base?.[Symbol.asyncDispose]()
})

/** Tries until a kill met a build that was not over yet. */
async function surely(lane: Lane, choose: () => Kill, thenBuild: boolean): Promise<readonly [Kill, readonly string[]]> {
  for (;;) {
    const kill = choose()
    const wrong = await tryKill(lane, kill, judge, thenBuild)
    if (wrong !== undefined) return [kill, wrong]
  }
}

describe('builds that are killed', () => {
  it('leave nothing, whoever is killed by what and when, and the next one passes', async () => {
    const wanted = times(PAIRS.length, 1000)
    const nextEvery = times(PAIRS.length / 2, 20)
    const random = chance(SEED)
    const tried = new Tried('kills', 'kills of a build at random moments')
    process.stdout.write(`KILLS_SEED=${SEED}\n`)
    let index = 0
    const work = async (lane: Lane) => {
      for (let mine = index++; mine < wanted; mine = index++) {
        const [{ signal, victim, again }, wrong] = await surely(
          lane,
          () => killOf(mine, random),
          mine % nextEvery === 0,
        )
        tried.add(`${signal} to ${victim}${again ? ', again and again' : ''}`, wrong)
      }
    }
    await Promise.all(lanes.map(work))
    tried.add('all of them together', await notClean(lanes[0] ?? expect.fail('no lane'), judge))
    await tried.finish(wanted + 1)
  })

  it('do not disturb those beside them, which make what they make alone', async () => {
    const rounds = times(1, 25)
    const random = chance(SEED + 1)
    const tried = new Tried('kills', 'builds, four at a time')
    const killed = PAIRS.filter(({ signal }) => signal === 'SIGKILL')
    for (let round = 0; round < rounds; round += 1) {
      const { victim } = killed[round % killed.length] ?? { victim: 'node' }
      const work = lanes.map(async (lane, index) => {
        if (index !== round % LANES) return tried.add('beside one that is killed', await wrongBuild(lane, judge))
        const choose = (): Kill => ({ ...killOf(0, random), victim, signal: 'SIGKILL', again: false, nth: 1 })
        const [, wrong] = await surely(lane, choose, true)
        tried.add(`SIGKILL to ${victim}`, wrong)
      })
      await Promise.all(work)
    }
    await tried.finish(rounds * LANES)
  })
})

describe('what a build could leave', () => {
  let folder: string
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'kiwi-oci-leak-'))
  })
  afterAll(() => rm(folder, { recursive: true, force: true }))

  /** Makes something and undoes it. @returns what was seen only while it was there */
  async function seen(make: () => Promise<() => Promise<unknown>>): Promise<readonly string[]> {
    const look = async () => leaks(before, await readTraces(folder), { folder, temp: tmpdir() })
    const before = await readTraces(folder)
    const undo = await make()
    const found = await look()
    await undo()
    const after = await look()
    return found.filter((each) => !after.includes(each))
  }

  it('is seen: a mount', async () => {
    await mkdir(join(folder, 'mnt'))
    const found = await seen(async () => {
      await runAsRoot('mount', '-t', 'tmpfs', 'none', join(folder, 'mnt'))
      return () => runAsRoot('umount', join(folder, 'mnt'))
    })
    expect(found).toContain(`mount ${folder}/mnt`)
  })

  it('is seen: a mount of the machine that it took away', async () => {
    await mkdir(join(folder, 'was'))
    await runAsRoot('mount', '-t', 'tmpfs', 'none', join(folder, 'was'))
    const found = await seen(async () => {
      await runAsRoot('umount', join(folder, 'was'))
      return () => runAsRoot('mount', '-t', 'tmpfs', 'none', join(folder, 'was'))
    })
    await runAsRoot('umount', join(folder, 'was'))
    expect(found).toContain(`the mount ${folder}/was is gone`)
  })

  it('is seen: a loop device, and the node of a partition on one that nobody uses', async () => {
    const disk = join(folder, 'disk')
    await writeFile(disk, Buffer.alloc(4 << 20))
    const script = `echo start=2048 | sfdisk --quiet '${disk}' && losetup --find --show '${disk}'`
    let device = ''
    const attached = await seen(async () => {
      device = await runAsRoot('sh', '-c', script)
      return () => runAsRoot('losetup', '--detach', device)
    })
    expect(attached).toContain(`loop device ${device} ${disk}`)
    const stale = await seen(async () => {
      await runAsRoot(
        'sh',
        '-c',
        `losetup '${device}' '${disk}' && partx --update '${device}' && losetup -d '${device}'`,
      )
      const undo = `losetup '${device}' '${disk}' && partx --delete '${device}' && losetup -d '${device}'`
      return () => runAsRoot('sh', '-c', undo)
    })
    expect(stale).toContain(`node ${device}p1`)
  })

  it('is seen: a process, by its folder or by its environment alone', async () => {
    const start = (options: object) => async () => {
      const child = spawn('cat', options)
      await once(child, 'spawn')
      return async () => {
        child.stdin.end()
        await once(child, 'close')
      }
    }
    expect(await seen(start({ cwd: folder }))).toContainEqual(expect.stringMatching(/^process \d+ cat/))
    const byEnvironment = await seen(start({ env: { PATH: process.env['PATH'], TMPDIR: folder } }))
    expect(byEnvironment).toContainEqual(expect.stringMatching(/^process \d+ cat/))
  })

  it('is seen: a file in /dev, and one of KIWI in /var/tmp', async () => {
    const files = ['/dev/kiwi-oci-test', '/var/tmp/kiwi_test']
    const found = await seen(async () => {
      await runAsRoot('touch', ...files)
      return () => runAsRoot('rm', ...files)
    })
    expect(found).toEqual(expect.arrayContaining(['/var/tmp/kiwi_test', '/dev/kiwi-oci-test is new']))
  })

  it('is seen: a place that was made to bind a folder onto, unless a build uses it', async () => {
    const place = join(folder, 'place')
    await mkdir(place)
    await writeFile(join(place, '.made-by-kiwi-oci'), '')
    expect(await placesLeft([place])).toEqual([join(place, '.made-by-kiwi-oci')])
    const user = spawn(...asRoot('unshare', ['--mount', 'sh', '-c', 'mount --bind "$0" "$0" && echo && cat', place]))
    await once(user.stdout, 'data')
    expect(await placesLeft([place])).toEqual([])
    user.stdin.end()
    await once(user, 'close')
  })
})

/** A build by the real KIWI takes minutes. */
if (isWide) {
  describe('builds by the real KIWI that are killed', () => {
    it('leave nothing, and the next one passes', async () => {
      const wanted = Number(process.env['REAL_KILLS'] ?? 20)
      const random = chance(SEED + 2)
      const tried = new Tried('kills', 'kills of a build by the real KIWI')
      const real = { kiwi: kiwiProgram(), description: join(repositoryRoot, 'examples/debian') }
      await using lane = await makeLane(['--install-tools'], real)
      const own: Judge = { before: await readTraces(lane.folder), digest: '', alone: new Set() }
      const ofKiwi = PAIRS.map((pair, index) => ({ ...pair, index })).filter(
        ({ victim }) => victim !== 'skopeo' && victim !== 'qemu-img',
      )
      for (let count = 0; count < wanted; ) {
        const { index, victim, signal } = ofKiwi[count % ofKiwi.length] ?? {
          index: 0,
          victim: 'node',
          signal: 'SIGKILL',
        }
        // Up to its last phases; the next build that is whole comes at the end of all.
        const kill: Kill = { ...killOf(index, random, 60_000), moment: 'KIWI: Bootstrap …' }
        const wrong = await tryKill(lane, kill, own, false)
        if (wrong === undefined) continue
        tried.add(`${signal} to ${victim}`, wrong)
        count += 1
      }
      tried.add('the next build', await wrongBuild(lane, own))
      await tried.finish(wanted + 1)
    })
  })
}
