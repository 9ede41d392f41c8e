import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { RemoteCache } from '../../../src/cache/cache.ts'
import { fetchPlannedBase, resolvePlannedBase } from '../../../src/job/base.ts'
import type { Job } from '../../../src/job/job.ts'
import { Stopwatch } from '../../../src/job/stopwatch.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import { prepareLogins } from '../../../src/registry/login.ts'
import { type Base, makeBase, pushBase } from '../../support/base.ts'
import { type Registry, startRegistry, type TestAccess, testAccess } from '../../support/registry.ts'

const LOGIN = { user: 'robot', password: 's3cret' }

let folder: string
let base: Base
let access: TestAccess
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'planned-base-'))
  base = await makeBase()
  access = await testAccess()
})
afterEach(async () => {
  await access[Symbol.asyncDispose]()
  await base[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

/** A cache that others can read: what was put into it, by its key. */
function sharedCache() {
  const saved = new Map<string, readonly string[]>()
  const cache: RemoteCache = {
    restore: async () => false,
    save: async (key, from) => void saved.set(key, await readdir(from, { recursive: true })),
  }
  return { cache, saved }
}

async function fetched(registry: Registry, cache: RemoteCache, authfile?: string) {
  const name = `${registry.address}/acme/base:1`
  const plan = { base: name, baseSource: 'input base-image', platform: { os: 'linux', architecture: 'amd64' } } as Plan
  const job = {
    workFolder: await mkdtemp(join(folder, 'job-')),
    access: authfile === undefined ? access : { ...access, authfile },
    machine: { now: () => Date.now() },
    caches: { folder: join(folder, 'kept'), remote: cache },
    report: access.report,
    stopwatch: new Stopwatch(() => Date.now()),
    signal: new AbortController().signal,
  } as unknown as Job
  const resolved = await resolvePlannedBase(plan, job)
  if (resolved === undefined) throw new Error('a base is no scratch')
  return fetchPlannedBase(resolved, undefined, job)
}

it('the layers of a base that everybody can read go into the shared cache', async () => {
  await using registry = await startRegistry()
  await pushBase(base, `${registry.address}/acme/base:1`)
  const { cache, saved } = sharedCache()
  await fetched(registry, cache)
  const names = [...saved.values()].flat()
  for (const layer of base.layers) expect(names).toContain(join('blobs/sha256', layer.replace('sha256:', '')))
})

it('the layers of a base that needed a login never do, nor with those of another base of the same job', async () => {
  await using closed = await startRegistry({ htpasswd: LOGIN })
  await using open = await startRegistry()
  const secret = await makeBase('secret')
  await pushBase(secret, `${closed.address}/acme/base:1`, { login: LOGIN })
  await pushBase(base, `${open.address}/acme/base:1`)
  const login = { registry: closed.address, username: LOGIN.user, password: LOGIN.password }
  const authfile = await prepareLogins({ folder, login, files: [], registries: [closed.address] }, access)
  const { cache, saved } = sharedCache()
  await fetched(closed, cache, authfile)
  expect([...saved.keys()]).toEqual([])
  await fetched(open, cache, authfile)
  const names = [...saved.values()].flat().join()
  expect(names).toContain(base.layers[1]?.replace('sha256:', ''))
  // The first layer of both is the same; the second is the secret one's own.
  expect(names).not.toContain(secret.layers[1]?.replace('sha256:', ''))
  await secret[Symbol.asyncDispose]()
})
