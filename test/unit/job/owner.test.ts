import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'
import { processStart } from '../../../src/host/process-start.ts'
import { isDead, parseOwner, thisProcess } from '../../../src/job/owner.ts'

const job = (id: string, temp = '/runner/_temp') => ({ temp, job: id })

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
  return { owner: { ...(await thisProcess()), pid, started }, end }
}

it('a process that works is alive, and dead when it has ended', async () => {
  const { owner, end } = await living()
  expect(await isDead(owner, await thisProcess())).toBe(false)
  await end()
  expect(await isDead(owner, await thisProcess())).toBe(true)
})

it('a process with the number of one that started at another time is not that one', async () => {
  const { owner, end } = await living()
  expect(await isDead({ ...owner, started: '1' }, await thisProcess())).toBe(true)
  await end()
})

it('a process from before the last start of the machine is dead', async () => {
  const ours = await thisProcess()
  expect(await isDead({ ...ours, boot: 'another' }, ours)).toBe(true)
})

it.each([{ host: 'another' }, { host: 'another', boot: 'another' }, { namespace: 'pid:[1]', pid: 2 ** 22 - 1 }])(
  'of a process somewhere else (%j) nothing can be known: it counts as alive',
  async (change) => {
    const ours = await thisProcess()
    expect(await isDead({ ...ours, ...change }, ours)).toBe(false)
  },
)

it('another job of the same runner is dead, since a runner runs one at a time', async () => {
  expect(await isDead(job('one'), job('two'))).toBe(true)
  expect(await isDead(job('one'), job('one'))).toBe(false)
})

it('a job of another runner counts as alive, and any job for one who is no job', async () => {
  expect(await isDead(job('one', '/other/_temp'), job('two'))).toBe(false)
  expect(await isDead(job('one'), await thisProcess())).toBe(false)
})

it('what stands in a marker is read again', async () => {
  for (const owner of [await thisProcess(), job('one')]) expect(parseOwner(JSON.stringify(owner))).toEqual(owner)
})

it.each(['', '{', '[]', 'null', '{"pid":1}', '{"temp":1,"job":"x"}', '{"job":"x"}'])('%j names no owner', (text) => {
  expect(parseOwner(text)).toBeUndefined()
})
