import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Digest } from '../../src/oci/digest.ts'
import { pushImage } from '../../src/registry/target/push.ts'
import { DISK, place } from '../process/support/cli.ts'
import { type Base, makeBase, pushBase } from '../support/base.ts'
import { blobUploads, type Registry, startRegistry, testAccess } from '../support/registry.ts'
import { sourceOf } from '../system/registry/exporting.ts'
import { type FaultCase, faultCases } from './support/faultcase.ts'
import { wrongEnd } from './support/faultend.ts'
import { startFaultProxy } from './support/faultproxy.ts'
import { type Ground, scene } from './support/faultsubjects.ts'
import { tagState } from './support/tagstate.ts'
import { Tried } from './support/tried.ts'

/** Most of the time a case waits for a program, so more than there are processors. */
const AT_ONCE = 6
/** A stall is told after the second; else a busy machine is not to be taken for one. */
const LIMITS = {
  stall: { answerSeconds: 2.5, idleSeconds: 2 },
  other: { answerSeconds: 120, idleSeconds: 120 },
} as const

let registry: Registry
let base: Base
let ground: Ground
const page = createServer((_, answer) => answer.setHeader('content-type', 'text/html').end('<html>elsewhere</html>'))

beforeAll(async () => {
  registry = await startRegistry()
  base = await makeBase()
  await pushBase(base, `${registry.address}/base:1`, { name: 'amd64' })
  const { layout, descriptor } = await sourceOf(base)
  ground = { registry: registry.address, source: { layout, descriptor }, baseDigest: base.digests.amd64 }
  await new Promise<void>((resolve) => page.listen(0, '127.0.0.1', resolve))
})

afterAll(async () => {
  page.close()
  await registry?.stop()
  await base?.[Symbol.asyncDispose]()
})

const nameOf = ({ subject, kind, often, action }: FaultCase) => `${subject}: ${kind} ${often} ${action}`

async function wrongOf(fault: FaultCase, at: number): Promise<readonly string[]> {
  const { repository, before, run, after } = await scene(fault.subject, `case-${at}`, ground)
  const whole = `${registry.address}/${repository}`
  await using access = await testAccess({ limits: fault.action === 'stall' ? LIMITS.stall : LIMITS.other })
  const seen = new Map<string | undefined, readonly string[]>()
  const look = async () => {
    const { digest, broken } = await tagState(whole, '1')
    seen.set(digest, broken)
  }
  await look()
  const elsewhere = `127.0.0.1:${(page.address() as AddressInfo).port}`
  await using proxy = await startFaultProxy(registry.address, fault, { elsewhere, before: before.bytes, onWrite: look })
  let error: unknown
  const wrong = await run(proxy.address, access).catch((thrown: unknown) => {
    error = thrown
    return []
  })
  await look()
  const now = await tagState(whole, '1')
  const old = fault.subject === 'fetch' ? ground.baseDigest : before.digest
  const about = { fault, error, old, now, seen, wanted: await after(proxy.address), address: proxy.address }
  return [...wrong, ...wrongEnd({ ...about, hits: proxy.hits, waits: access.waits })]
}

const CLI_CASES: readonly FaultCase[] = [
  { subject: 'push', kind: 'PUT manifest', often: 'once', action: 'status:503:0', ends: 'well' },
  { subject: 'push', kind: 'PUT manifest', often: 'once', action: 'expire-token', ends: 'well' },
  { subject: 'push', kind: 'PUT manifest', often: 'once', action: 'commit-then-reset', ends: 'well' },
  { subject: 'push', kind: 'PATCH', often: 'once', action: 'reset', ends: 'well' },
  { subject: 'push', kind: 'PUT blob', often: 'once', action: 'fin', ends: 'well' },
  { subject: 'push', kind: 'POST', often: 'once', action: 'status:429:1', ends: 'well' },
  { subject: 'push', kind: 'PUT manifest', often: 'always', action: 'lie', ends: 'refused' },
  { subject: 'push', kind: 'POST', often: 'always', action: 'status:403', ends: 'refused' },
]

async function wrongOfRun(fault: FaultCase, at: number): Promise<readonly string[]> {
  const { repository, before } = await scene('push', `cli-${at}`, ground)
  const whole = `${registry.address}/${repository}`
  const options = { elsewhere: '', before: before.bytes, onWrite: async () => {} }
  await using proxy = await startFaultProxy(registry.address, fault, options)
  await using here = await place()
  await here.write('a.raw', DISK)
  const tag = `${proxy.address}/${repository}:1`
  const { exitCode, errors, stderr } = await here.run([
    '--disk',
    'a.raw',
    '--tls-verify=false',
    '--push',
    '--tags',
    tag,
  ])
  const { digest, broken } = await tagState(whole, '1')
  const isOld = digest === before.digest
  return [
    ...broken,
    ...(proxy.hits.length === 0 ? ['the fault never came'] : []),
    ...((await here.leftovers()).length === 0 ? [] : ['something is left']),
    ...((fault.ends === 'well') === (exitCode === 0) ? [] : [`ended with ${exitCode}: ${stderr}`]),
    ...((exitCode === 0) === isOld
      ? [`ended with ${exitCode}, and the tag carries ${isOld ? 'the old' : 'the new'}`]
      : []),
    ...(exitCode === 0 || (errors.length === 1 && errors[0]?.includes(tag)) ? [] : [`says ${errors}`]),
  ]
}

it('every fault ends well or is told, and the tag carries what was there or what was pushed', async () => {
  const tried = new Tried('faults', 'faults of a registry')
  const cases = [...faultCases().entries()]
  const next = async (): Promise<void> => {
    for (let each = cases.shift(); each !== undefined; each = cases.shift()) {
      const [at, fault] = each
      tried.add(nameOf(fault), await wrongOf(fault, at))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, next))
  await tried.finish(240)
})

it('nothing comes back sooner than it is told to', async () => {
  const tried = new Tried('faults', 'requests to come back later')
  for (const kind of ['POST', 'HEAD blob', 'GET manifest'] as const) {
    const fault = { subject: 'push', kind, often: 'twice', action: 'status:429:1', ends: 'well' } as const
    const { run, before } = await scene('push', `later-${kind.replace(' ', '-').toLowerCase()}`, ground)
    await using access = await testAccess()
    const options = { elsewhere: '', before: before.bytes, onWrite: async () => {} }
    await using proxy = await startFaultProxy(registry.address, fault, options)
    await run(proxy.address, access)
    const [first = 0, second = 0] = proxy.hits
    tried.add(nameOf(fault), second - first >= 1000 ? [] : [`came back after ${second - first} ms`])
  }
  await tried.finish(3)
})

it('the command line meets them in the same way', async () => {
  const tried = new Tried('faults', 'faults of a registry, by dist/cli.js')
  await Promise.all(CLI_CASES.map(async (fault, at) => tried.add(nameOf(fault), await wrongOfRun(fault, at))))
  await tried.finish(8)
})

it('the same image pushed again keeps its digest, and sends not a byte of a blob', async () => {
  const tried = new Tried('faults', 'pushes of what is there')
  const tags = ['1', '1.2', 'latest'].map((tag) => `${registry.address}/again:${tag}`)
  await using first = await testAccess()
  await pushImage(ground.source, tags, first)
  const digest: Digest = ground.source.descriptor.digest
  for (const round of [1, 2, 3]) {
    await using access = await testAccess()
    await registry.settled()
    const before = registry.accesses.length
    await pushImage(ground.source, tags, access)
    await registry.settled()
    const sent = blobUploads(registry.accesses.slice(before)).map((path) => `sends ${path}`)
    const states = await Promise.all(['1', '1.2', 'latest'].map((tag) => tagState(`${registry.address}/again`, tag)))
    const moved = states.filter((state) => state.digest !== digest).map((state) => `carries ${state.digest}`)
    tried.add(`round ${round}, three tags`, [...sent, ...moved])
  }
  expect(registry.accesses.some(({ method }) => method === 'PUT')).toBe(true)
  await tried.finish(3)
})
