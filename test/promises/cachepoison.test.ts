import { mkdir, mkdtempDisposable, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { afterAll, beforeAll, it } from 'vitest'
import type { Digest } from '../../src/oci/digest.ts'
import { blobPath } from '../../src/oci/store/layout.ts'
import { type Base, makeBase, pushBase } from '../support/base.ts'
import { type CacheService, startCacheService } from '../support/cacheservice.ts'
import { type Registry, startRegistry } from '../support/registry.ts'
import { runCacheJob } from './support/cachejob.ts'
import { craftedEntries, type Poisons, tarEntries } from './support/poison.ts'
import { Tried } from './support/tried.ts'

const tried = new Tried('cachepoison', 'entries that somebody else made')

const AT_ONCE = 4

let base: Base
let registry: Registry
let name: string
let right: string
/** What a good job saves. */
let filled: CacheService['entries']
beforeAll(async () => {
  base = await makeBase()
  registry = await startRegistry()
  name = `${registry.address}/acme/base:1`
  await pushBase(base, name)
  await using place = await somewhere()
  await using service = await startCacheService()
  right = (await runCacheJob({ base: name, folder: place.job, service })).digest
  filled = service.entries
})
afterAll(async () => {
  await registry?.[Symbol.asyncDispose]()
  await base?.[Symbol.asyncDispose]()
})

/** A folder for a job, beside it what is none of its business. */
async function somewhere() {
  const folder = await mkdtempDisposable(join(tmpdir(), 'poisoned-'))
  const job = join(folder.path, 'job')
  const victim = join(folder.path, 'outside', 'victim')
  await mkdir(job)
  await mkdir(join(victim, '..'))
  await writeFile(victim, 'untouched')
  return { path: folder.path, job, victim, [Symbol.asyncDispose]: async () => await folder.remove() }
}

/** What is wrong after a job that finds the entry where it looks for packages, or for layers of its base. */
async function wrongsOf(content: Buffer, place: Awaited<ReturnType<typeof somewhere>>): Promise<readonly string[]> {
  await using service = await startCacheService()
  const isPackage = content.includes('.deb"')
  for (const [key, { version }] of filled) {
    if (isPackage === (key === 'packages')) service.entries.set(key, { version, content })
  }
  const wrong: string[] = []
  try {
    const { digest, warnings } = await runCacheJob({ base: name, folder: place.job, service })
    if (digest !== right) wrong.push(`another image: ${digest}`)
    if (warnings.length !== 1) wrong.push(`warnings: ${JSON.stringify(warnings)}`)
  } catch (error) {
    wrong.push(`the job failed: ${error}`)
  }
  if (!service.asked.includes('download')) wrong.push('the entry was never read')
  if ((await readFile(place.victim, 'utf8')) !== 'untouched') wrong.push('a file outside was written')
  return [...wrong, ...(await strangersIn(place.path))]
}

/** Files that no good job leaves; a layer's name is one only of what the registry gave. */
async function strangersIn(folder: string): Promise<readonly string[]> {
  const hexes = new Set(base.layers.map((digest) => digest.slice('sha256:'.length)))
  const known = /^(?:outside\/victim|job\/disk\.raw|job\/job-[^/]+\/.*|job\/cache\/packages\/a\.deb)$/
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const strange: string[] = []
  for (const entry of entries.filter((each) => !each.isDirectory())) {
    const path = relative(folder, join(entry.parentPath, entry.name))
    const isLayer = /^job\/cache\/base\/[0-9a-f]{64}\/blobs\/sha256\//.test(path) && hexes.has(entry.name)
    if (!entry.isFile() || !(known.test(path) || isLayer)) strange.push(`a file that is no job's: ${path}`)
  }
  return strange
}

async function tryAll(poisonsAt: (victim: string) => Promise<Poisons>): Promise<void> {
  const kinds = Object.keys(await poisonsAt('/nowhere/victim'))
  const waiting = kinds[Symbol.iterator]()
  const worker = async () => {
    for (const kind of waiting) await tryOne(kind, poisonsAt)
  }
  await Promise.all(Array.from({ length: AT_ONCE }, worker))
}

async function tryOne(kind: string, poisonsAt: (victim: string) => Promise<Poisons>): Promise<void> {
  await using place = await somewhere()
  const content = (await poisonsAt(place.victim))[kind]
  if (content === undefined) throw new Error(`no entry for ${kind}`)
  tried.add(kind, await wrongsOf(content, place))
}

it('an entry in the form of ours changes no image and writes nothing elsewhere', async () => {
  const layer = await readFile(blobPath(base.layout, base.layers[0] as Digest))
  await tryAll(async (victim) => craftedEntries(victim, layer))
})

it('an archive that would be unpacked anywhere is unpacked nowhere', async () => {
  await tryAll(tarEntries)
})

it('all of them were tried', async () => {
  await tried.finish(40)
})
