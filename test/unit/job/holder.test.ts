import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { processStart } from '../../../src/host/process-start.ts'
import { isDead, parseHolder, thisJob, thisProcess } from '../../../src/job/holder.ts'

/** On a disk of this machine, wherever temporary folders are. */
const LOCAL = import.meta.dirname
const TEMP = '/runner/_temp'

async function ourselves() {
  const found = await thisProcess()
  if (found === undefined) throw new Error('/proc does not tell of this process')
  return found
}

async function job(id: string, temp = TEMP) {
  const found = await thisJob({ temp, job: id })
  if (found === undefined) throw new Error('/proc does not tell of this machine')
  return found
}

/** A process that is there until it is asked to end. */
async function living() {
  const child = spawn('cat')
  await once(child, 'spawn')
  const pid = child.pid ?? 0
  const started = (await processStart(pid)) ?? ''
  const end = async () => {
    child.stdin.end()
    await once(child, 'close')
  }
  return { holder: { ...(await ourselves()), pid, started }, end }
}

it('a process that works is alive, and dead when it has ended', async () => {
  const { holder, end } = await living()
  expect(await isDead(holder, await ourselves(), LOCAL)).toBe(false)
  await end()
  expect(await isDead(holder, await ourselves(), LOCAL)).toBe(true)
})

it('a process with the number of one that started at another time is not that one', async () => {
  const { holder, end } = await living()
  expect(await isDead({ ...holder, started: '1' }, await ourselves(), LOCAL)).toBe(true)
  await end()
})

it.each([ourselves, () => job('one')])('whoever is from before the last start of the machine is dead', async (who) => {
  const ours = await who()
  expect(await isDead({ ...ours, boot: 'another' }, ours, LOCAL)).toBe(true)
})

it.each([ourselves, () => job('one')])(
  'in a folder that machines of one name may share, whoever is from another start is alive',
  async (who) => {
    const ours = await who()
    // Of no disk of this machine, like NFS.
    expect(await isDead({ ...ours, boot: 'another' }, ours, '/proc')).toBe(false)
  },
)

it.each([{ host: 'another' }, { host: 'another', boot: 'another' }, { namespace: 'pid:[1]', pid: 2 ** 22 - 1 }])(
  'of a process somewhere else (%j) nothing can be known: it counts as alive',
  async (change) => {
    const ours = await ourselves()
    expect(await isDead({ ...ours, ...change }, ours, LOCAL)).toBe(false)
  },
)

it('another job of the same runner is dead, since a runner runs one at a time', async () => {
  expect(await isDead(await job('one'), await job('two'), LOCAL)).toBe(true)
  expect(await isDead(await job('one'), await job('one'), LOCAL)).toBe(false)
})

it('a job of another runner counts as alive, and any job for one who is no job', async () => {
  expect(await isDead(await job('one', '/other/_temp'), await job('two'), LOCAL)).toBe(false)
  expect(await isDead(await job('one'), await ourselves(), LOCAL)).toBe(false)
})

it.each([{ host: 'another' }, { host: 'another', boot: 'another' }, { namespace: 'pid:[1]' }])(
  'a job of a runner with our path, but somewhere else (%j), is dead in the folder of the runner alone',
  async (change) => {
    const holder = { ...(await job('one')), ...change }
    expect(await isDead(holder, await job('two'), LOCAL)).toBe(false)
    expect(await isDead(holder, await job('two'), TEMP)).toBe(true)
  },
)

it('what stands in a marker is read again', async () => {
  for (const holder of [await ourselves(), await job('one')])
    expect(parseHolder(JSON.stringify(holder))).toEqual(holder)
})

it.each([
  '',
  '{',
  '[]',
  'null',
  '{"pid":1}',
  '{"temp":1,"job":"x"}',
  '{"temp":"/t","job":"x"}',
  '{"host":"a","boot":"b","namespace":"c","temp":"/t"}',
  '{"host":"a","boot":"b","namespace":"c","started":"1","pid":"1"}',
])('%j names no holder', (text) => {
  expect(parseHolder(text)).toBeUndefined()
})
