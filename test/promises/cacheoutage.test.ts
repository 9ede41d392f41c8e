import { execFile } from 'node:child_process'
import { mkdtempDisposable } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Base, makeBase, pushBase } from '../support/base.ts'
import {
  CACHE_STEPS,
  type CacheFault,
  type CacheService,
  type CacheStep,
  startCacheService,
} from '../support/cacheservice.ts'
import { type Registry, startRegistry } from '../support/registry.ts'
import { builtOnce } from './support/builtonce.ts'
import type { CacheJob, CacheJobResult } from './support/cachejob.ts'
import { isWide, Tried, times } from './support/tried.ts'

const tried = new Tried('cacheoutage', 'ways for the cache to be out of order')
/** Here what takes for ever is given up after this; in the product, for all of a job together, after 60 s. */
const LIMIT_MILLISECONDS = 2_000
/** A job that has not ended by then never will. */
const ENDLESS_MILLISECONDS = 60_000
const AT_ONCE = 6

const ANY: readonly CacheFault[] = [503, 429, 403, 'html', 'hang', 'reset']
const FAULTS: Readonly<Record<CacheStep, readonly CacheFault[]>> = {
  'look up': [...ANY, 500, 'no json', 'cut', 'trickle', 'huge'],
  download: [...ANY, 404, 'cut', 'trickle', 'flip', 'huge'],
  reserve: [...ANY, 'no json', 'cut', 'trickle'],
  send: [503, 429, 403, 'hang', 'reset'],
  list: [503, 400, 'hang', 'reset'],
  finish: [...ANY, 'no json', 'cut'],
}
/** Endless ones; all others are seen by themselves. */
const ENDLESS: readonly CacheFault[] = ['hang', 'trickle']

let base: Base
let registry: Registry
let name: string
let right: CacheJobResult
let filled: CacheService['entries']
beforeAll(async () => {
  base = await makeBase()
  registry = await startRegistry()
  name = `${registry.address}/acme/base:1`
  await pushBase(base, name)
  await using service = await startCacheService()
  right = (await job(service)).result
  filled = service.entries
})
afterAll(async () => {
  await registry?.[Symbol.asyncDispose]()
  await base?.[Symbol.asyncDispose]()
})

/** Runs a job as a process, to its end. */
async function job(service: CacheJob['service'], limitMilliseconds?: number) {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'outage-'))
  const { url, token } = service
  const limit = limitMilliseconds === undefined ? {} : { limitMilliseconds }
  const asked: CacheJob = { base: name, folder: folder.path, service: { url, token }, ...limit }
  const program = join(import.meta.dirname, 'support', 'cachejob.ts')
  const began = performance.now()
  const result = await new Promise<CacheJobResult>((resolve, reject) => {
    const options = { timeout: ENDLESS_MILLISECONDS, killSignal: 'SIGKILL' } as const
    execFile(process.execPath, [program, JSON.stringify(asked)], options, (error, stdout, stderr) => {
      if (error === null) resolve(JSON.parse(stdout))
      else reject(new Error(error.killed ? 'it did not end' : stderr.slice(-500) || error.message))
    })
  })
  return { result, seconds: (performance.now() - began) / 1000 }
}

/** What is not as promised: the right result, at most one warning of one line, an end. */
async function wrongsOf(service: CacheJob['service'], warnings: number, limit?: number): Promise<readonly string[]> {
  try {
    const { result } = await job(service, limit)
    return [
      ...(result.digest === right.digest ? [] : [`another image: ${result.digest}`]),
      ...(result.package === right.package ? [] : [`another package: ${result.package}`]),
      ...(result.warnings.length === warnings ? [] : [`warnings: ${JSON.stringify(result.warnings)}`]),
      ...(result.warnings.some((line) => line.includes('\n') || line.includes('sig=')) ? ['no proper warning'] : []),
    ]
  } catch (error) {
    return [error instanceof Error ? error.message : String(error)]
  }
}

async function each<Item>(items: readonly Item[], work: (item: Item) => Promise<void>): Promise<void> {
  const waiting = items[Symbol.iterator]()
  const worker = async () => {
    for (const item of waiting) await work(item)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}

it('a cache that works gives the same image, and is used', async () => {
  await using service = await startCacheService()
  for (const [key, entry] of filled) service.entries.set(key, entry)
  tried.add('a cache that works', await wrongsOf(service, 0))
  expect(service.asked.filter((step) => step === 'download')).toHaveLength(2)
})

it('a service that fails at any step costs one warning and nothing else', async () => {
  const all = CACHE_STEPS.flatMap((step) => FAULTS[step].map((fault) => ({ step, fault })))
  const cases = all.filter((_, at) => at % times(3, 1) === 0)
  await each(cases, async ({ step, fault }) => {
    await using service = await startCacheService()
    if (step === 'download') for (const [key, entry] of filled) service.entries.set(key, entry)
    service.faults.set(step, fault)
    const limit = ENDLESS.includes(fault) ? LIMIT_MILLISECONDS : undefined
    const wrong = await wrongsOf(service, 1, limit)
    tried.add(`${step}: ${typeof fault === 'number' ? `HTTP ${fault}` : fault}`, [
      ...wrong,
      ...(service.asked.includes(step) ? [] : ['the step was never asked']),
    ])
  })
})

it('a service that is not there costs one warning and nothing else', async () => {
  const places = {
    'nobody listens': `http://127.0.0.1:${await closedPort()}/`,
    'a name that nobody has': 'http://cache.invalid/',
    'no address': 'http://[::1]:1/',
  }
  await each(Object.entries(places), async ([kind, url]) => {
    tried.add(kind, await wrongsOf({ url, token: 'token' }, 1, 20_000))
  })
})

it('the build step of a hosted runner works the same without a cache, with one that fails, and with one that works', async () => {
  await using service = await startCacheService()
  const nowhere = { url: `http://127.0.0.1:${await closedPort()}/`, token: 'token' }
  const first = await builtOnce(name, undefined)
  tried.add('no cache in the environment of the build step', wrongsOfStep(first, first, 0))
  tried.add('nobody listens for the build step', wrongsOfStep(await builtOnce(name, nowhere), first, 1))
  tried.add('a cache that works for the build step', wrongsOfStep(await builtOnce(name, service), first, 0))
  expect(service.asked).toContain('finish')
})

if (isWide) {
  it('a service that hangs holds the build step up for a minute and no longer', async () => {
    const first = await builtOnce(name, undefined)
    await each(['look up', 'send', 'finish'] as const, async (step) => {
      await using service = await startCacheService()
      service.faults.set(step, 'hang')
      const run = await builtOnce(name, service)
      const late = run.seconds > 75 ? [`it took ${run.seconds} s`] : []
      tried.add(`${step}: hangs for the build step, with its limit of 60 s`, [...wrongsOfStep(run, first, 1), ...late])
    })
  })
}

it('all of them were tried', async () => {
  await tried.finish(times(22, 57))
})

type StepRun = Awaited<ReturnType<typeof builtOnce>>

function wrongsOfStep(run: StepRun, right: StepRun, warnings: number): readonly string[] {
  const said = run.stdout.split('\n').filter((line) => line.startsWith('::warning'))
  return [
    ...(run.exitCode === 0 && run.digest !== '' ? [] : [`it ended with ${run.exitCode}: ${run.stdout}`]),
    ...(run.digest === right.digest ? [] : [`another image: ${run.digest}`]),
    ...(said.length === warnings ? [] : [`warnings: ${said.join('; ')}`]),
    ...(run.stdout.includes('::error') ? ['it says an error'] : []),
  ]
}

async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
