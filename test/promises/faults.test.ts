import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Digest } from '../../src/oci/digest.ts'
import { pushImage } from '../../src/registry/target/push.ts'
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

it('the same image pushed again keeps its digest, and sends not a byte of a blob', async () => {
  const tried = new Tried('faults', 'pushes of what is there')
  const tags = ['1', '1.2', 'latest'].map((tag) => `${registry.address}/again:${tag}`)
  await using first = await testAccess()
  await pushImage(ground.source, tags, first)
  const digest: Digest = ground.source.descriptor.digest
  for (const round of [1, 2, 3]) {
    // Another machine: skopeo remembers here where blobs are.
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
