import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { JobCache, type RemoteCache } from '../../../src/cache/cache.ts'
import { fetchPlannedBase, resolvePlannedBase } from '../../../src/job/base.ts'
import type { Job } from '../../../src/job/job.ts'
import { Stopwatch } from '../../../src/job/stopwatch.ts'
import { digestOf } from '../../../src/oci/digest.ts'
import type { Kind } from '../../../src/oci/kind.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import { prepareLogins } from '../../../src/registry/login/login.ts'
import { type Base, makeBase, pushBase } from '../../support/base.ts'
import { coded } from '../../support/coded.ts'
import { blobDownloads, type Registry, startRegistry, type TestAccess, testAccess } from '../../support/registry.ts'

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
  const remote: RemoteCache = {
    restore: async () => false,
    save: async ({ key, folder: from }) => {
      saved.set(key, await readdir(from, { recursive: true }))
      return true
    },
  }
  const cache = new JobCache(remote, access.report, { signal: new AbortController().signal, now: () => 0 })
  return { cache, saved }
}

async function newJob(caches: Job['caches'], authfile?: string): Promise<Job> {
  return {
    workFolder: await mkdtemp(join(folder, 'job-')),
    access: authfile === undefined ? access : { ...access, authfile },
    machine: { now: () => Date.now() },
    caches,
    report: access.report,
    stopwatch: new Stopwatch(() => Date.now()),
    signal: new AbortController().signal,
  } as unknown as Job
}

async function planned(name: string, job: Job, diskPath?: string, kinds: readonly Kind[] = ['container']) {
  const platform = { os: 'linux', architecture: 'amd64' }
  const plan = {
    kinds,
    base: name,
    baseSource: 'input base-image',
    platform,
    config: {},
    labels: {},
  } as unknown as Plan
  const resolved = await resolvePlannedBase(plan, job)
  if (resolved === undefined) throw new Error('a base is no scratch')
  return fetchPlannedBase(resolved, { kinds, ...(diskPath === undefined ? {} : { diskPath }) }, job)
}

/** Gives the base for amd64 another config, and all that names it. */
async function changeConfig(change: (config: { rootfs: { diff_ids: string[] }; config: object }) => void) {
  const index = JSON.parse(await readFile(join(base.layout, 'index.json'), 'utf8'))
  const blob = (digest: string) => join(base.layout, 'blobs', digest.replace(':', '/'))
  const entry = index.manifests[0]
  const manifest = JSON.parse(await readFile(blob(entry.digest), 'utf8'))
  const config = JSON.parse(await readFile(blob(manifest.config.digest), 'utf8'))
  change(config)
  const put = async (value: unknown) => {
    const bytes = Buffer.from(JSON.stringify(value))
    const digest = digestOf(bytes)
    await writeFile(blob(digest), bytes)
    return { digest, size: bytes.length }
  }
  manifest.config = { ...manifest.config, ...(await put(config)) }
  index.manifests[0] = { ...entry, ...(await put(manifest)) }
  await writeFile(join(base.layout, 'index.json'), JSON.stringify(index))
}

async function fetched(registry: Registry, cache: JobCache, authfile?: string) {
  const caches = { folder: join(folder, 'kept'), remote: cache }
  return planned(`${registry.address}/acme/base:1`, await newJob(caches, authfile))
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
  const { authfile = '' } = await prepareLogins({ folder, login, files: [], registries: [closed.address] }, access)
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

const umoci = (...args: readonly string[]) => promisify(execFile)('umoci', args)

/** The base with a layer more, made by umoci. */
async function insert(path: string, ...flags: readonly string[]): Promise<void> {
  const image = `${base.layout}:amd64`
  if (flags.length > 0) await umoci('insert', '--image', image, ...flags, path)
  else {
    await writeFile(join(folder, 'inserted'), 'a disk')
    await umoci('insert', '--image', image, join(folder, 'inserted'), path)
  }
}

it('a base with a file where KubeVirt looks for the disk is refused, whatever the disk is called', async () => {
  await insert('/disk/old.img')
  await expect(planned(`oci:${base.layout}:amd64`, await newJob({}))).rejects.toMatchObject({
    name: 'RegistryError',
    side: 'base',
    message: `the base oci:${base.layout}:amd64 has /disk/old.img already: choose another base, or a disk-path outside of /disk, which holds one disk alone`,
  })
})

it('such a base takes a disk elsewhere', async () => {
  await insert('/disk/old.img')
  await planned(`oci:${base.layout}:amd64`, await newJob({}), '/images/vm.raw')
})

it.each([
  ['a file', ['/disk/old.img', '--whiteout']],
  ['a folder', ['/disk', '--opaque']],
])('a base whose upper layer hides %s may have had one', async (_, [path = '', flag = '']) => {
  await insert('/disk/old.img')
  if (flag === '--whiteout') await insert(path, flag)
  else {
    await mkdir(join(folder, 'empty'))
    await umoci('insert', '--image', `${base.layout}:amd64`, flag, join(folder, 'empty'), path)
  }
  await planned(`oci:${base.layout}:amd64`, await newJob({}))
})

it('a base is refused for a file at the very path of the disk', async () => {
  const asked = planned(`oci:${base.layout}:amd64`, await newJob({}), '/etc/base-release')
  await expect(asked).rejects.toThrow(
    coded('registry-unfit', /has \/etc\/base-release already: choose another base, or another disk-path$/),
  )
})

it('a base from the cache is looked at as well', async () => {
  await insert('/disk/old.img')
  await using registry = await startRegistry()
  await pushBase(base, `${registry.address}/acme/base:1`, { name: 'amd64' })
  const caches = { folder: join(folder, 'kept') }
  const name = `${registry.address}/acme/base:1`
  for (const time of [1, 2])
    await expect(planned(name, await newJob(caches)), `${time}`).rejects.toThrow('/disk/old.img')
})

it('a base whose config names other layers than it has is refused', async () => {
  await changeConfig((config) => config.rootfs.diff_ids.reverse())
  const [first, second] = base.diffIDs
  await expect(planned(`oci:${base.layout}:amd64`, await newJob({}))).rejects.toMatchObject({
    name: 'ImageError',
    violations: [`its layer 1 holds the diff ID ${first}, its config says ${second}`],
  })
})

it('a base that boots as a system is refused for KubeVirt, and is one of a container', async () => {
  await changeConfig((config) => {
    config.config = { ...config.config, Labels: { 'containers.bootc': '1' } }
  })
  const name = `oci:${base.layout}:amd64`
  await expect(planned(name, await newJob({}), undefined, ['kubevirt'])).rejects.toThrow(
    `the base ${name} has the label containers.bootc=1, of which CDI makes no disk: choose another base, or write labels: {containers.bootc: null} in containerconfig`,
  )
  expect((await planned(name, await newJob({}))).name).toBe(name)
})

it('a base with layers of zstd is refused for KubeVirt, from a registry before it is fetched, and is one of a container', async () => {
  await using packed = await makeBase('zstd', 'zstd')
  await using registry = await startRegistry()
  const pushed = `${registry.address}/acme/base:1`
  await pushBase(packed, pushed)
  for (const name of [pushed, `oci:${packed.layout}:amd64`]) {
    await expect(planned(name, await newJob({}), undefined, ['kubevirt'])).rejects.toThrow(
      `the base ${name} has layers of zstd, on which CDI fails (kubevirt/containerized-data-importer issue 4277): choose one of gzip, or leave out kubevirt`,
    )
  }
  await registry.settled()
  expect(
    blobDownloads(registry.accesses).filter((path) => packed.layers.some((layer) => path.includes(layer))),
  ).toEqual([])
  expect((await planned(`oci:${packed.layout}:amd64`, await newJob({}))).name).toContain(packed.layout)
})

it('a base whose disk was removed again is refused for KubeVirt: CDI would import that one', async () => {
  await insert('/disk/old.img')
  await insert('/disk/old.img', '--whiteout')
  const asked = planned(`oci:${base.layout}:amd64`, await newJob({}), undefined, ['kubevirt'])
  await expect(asked).rejects.toThrow(/ has \/disk\/old\.img in a layer, which CDI takes for the disk: /)
})

it('what was unpacked of an archive is gone when its layers are there', async () => {
  await promisify(execFile)('skopeo', ['copy', '--quiet', `oci:${base.layout}:amd64`, `oci-archive:${folder}/base.tar`])
  await promisify(execFile)('xz', ['-q1', join(folder, 'base.tar')])
  const job = await newJob({})
  const image = await planned(`file://${folder}/base.tar.xz`, job)
  expect(image.name).toBe(`file://${folder}/base.tar.xz`)
  expect(await readdir(job.workFolder)).toEqual(['base'])
})
