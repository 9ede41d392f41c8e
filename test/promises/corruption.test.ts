import { createHash } from 'node:crypto'
import { cp, mkdir, mkdtempDisposable, readdir, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, expect, it, vi } from 'vitest'
import { BlobStore } from '../../src/cache/blobs.ts'
import { KnownError } from '../../src/errors.ts'
import type { BaseImage } from '../../src/oci/baseimage.ts'
import { resolveBase } from '../../src/registry/base/base.ts'
import { fetchBase } from '../../src/registry/base/fetch.ts'
import { openBase } from '../../src/registry/base/openbase.ts'
import { exportImage } from '../../src/registry/target/export.ts'
import { parseDestination } from '../../src/registry/transport.ts'
import { localShelf } from '../../src/steps/localshelf.ts'
import { kiwiShelf } from '../../src/steps/shelf.ts'
import type { Surroundings } from '../../src/steps/surroundings.ts'
import { type Base, makeBase, pushBase } from '../support/base.ts'
import { type Registry, recorder, startRegistry, testAccess } from '../support/registry.ts'
import { type Wrapped, wrapDisk } from '../support/wrapped.ts'
import { DAMAGES, filesIn } from './support/damages.ts'
import { heldDigests } from './support/held.ts'
import { isWide, Tried, times } from './support/tried.ts'

const tried = new Tried('corruption', 'damaged files')
const PLATFORM = { os: 'linux', architecture: 'amd64' }

let base: Base
let registry: Registry
let work: Awaited<ReturnType<typeof mkdtempDisposable>>
let wrapped: Wrapped
beforeAll(async () => {
  base = await makeBase()
  registry = await startRegistry()
  work = await mkdtempDisposable(join(tmpdir(), 'corruption-'))
  await pushBase(base, `${registry.address}/acme/base:1`)
  wrapped = await imageOn(await fetched(`oci:${base.layout}:amd64`, join(work.path, 'base')), join(work.path, 'image'))
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await work?.remove()
  await registry?.[Symbol.asyncDispose]()
  await base?.[Symbol.asyncDispose]()
})

async function fetched(text: string, folder: string, store?: BlobStore): Promise<BaseImage> {
  await using access = await testAccess()
  const opened = await openBase(text, `${folder}-archive`, access)
  if (opened === 'scratch') throw new Error('scratch is no base')
  return await fetchBase(await resolveBase(opened, PLATFORM, access), folder, store, access)
}

async function imageOn(image: BaseImage, layoutFolder: string): Promise<Wrapped> {
  const disk = join(work.path, 'disk.raw')
  await writeFile(disk, 'a disk'.padEnd(4096, '\0'))
  const compression = { algorithm: 'gzip' } as const
  const about = { changes: {}, platform: PLATFORM, annotations: {}, epochSeconds: 0, compression }
  return await wrapDisk({ ...about, disk, pathInImage: '/disk/a.raw', base: image, layoutFolder })
}

/** Work that may fail in a way we know of, and in no other. @returns why it failed, if it did */
async function refusalOf(doing: Promise<unknown>): Promise<string | undefined> {
  try {
    await doing
    return undefined
  } catch (error) {
    if (error instanceof KnownError) return error.message
    throw error
  }
}

function damagesFor(narrow: readonly string[]) {
  return Object.entries(DAMAGES).filter(([kind]) => isWide || narrow.includes(kind))
}

/** Every file and damage in a copy of a folder. */
async function eachDamage(
  folder: string,
  narrow: readonly string[],
  work: (copy: string, file: string, kind: string) => Promise<readonly string[]>,
  label: string,
): Promise<void> {
  for (const file of await filesIn(folder)) {
    for (const [kind, damage] of damagesFor(narrow)) {
      await using place = await mkdtempDisposable(join(tmpdir(), 'damaged-'))
      const copy = join(place.path, 'copy')
      await cp(folder, copy, { recursive: true })
      await damage(join(copy, file))
      tried.add(
        `${label}: ${kind}`,
        (await work(copy, file, kind)).map((text) => `${file}: ${text}`),
      )
    }
  }
}

const ALL = Object.keys(DAMAGES)
const THREE = ['middle byte flipped', 'cut', 'grown']
const TWO = ['middle byte flipped', 'cut']

it.each([
  ['oci', ALL],
  ['dir', ALL],
  ['oci-archive', THREE],
  ['docker-archive', THREE],
  ['docker', TWO],
] as const)('a file of the layout that is damaged after the wrap never gets to %s', async (transport, narrow) => {
  const right = new Set(await heldDigests(`oci:${wrapped.layout}`))
  const work = async (copy: string, file: string, kind: string) => {
    await using access = await testAccess()
    const repository = `${basename(file).slice(0, 12)}-${kind.replaceAll(' ', '-')}-${transport}`.toLowerCase()
    const place = join(copy, '..', 'out')
    const text = transport === 'docker' ? `docker://${registry.address}/${repository}:1` : `${transport}:${place}`
    const name = transport === 'docker-archive' ? `${text}:acme/a:1` : text
    const destination = parseDestination(name)
    if ('problem' in destination) throw new Error(destination.problem)
    const source = { layout: copy, descriptor: wrapped.descriptor, names: [] }
    const refusal = await refusalOf(exportImage(source, [destination], access))
    const held = await heldDigests(name)
    // What nothing reads of the layout may be anything: index.json and oci-layout are written anew.
    const isRead = file.startsWith('blobs/')
    if (isRead && transport !== 'docker') expect.soft(refusal, `${file} ${kind}`).toMatch(/holds sha256|instead of/)
    if (refusal !== undefined) return held.length === 0 ? [] : [`something was published: ${held.join(', ')}`]
    const foreign = held.filter((digest) => !right.has(digest))
    return held.length > 0 && foreign.length === 0 ? [] : [`another content was published: ${foreign.join(', ')}`]
  }
  await eachDamage(wrapped.layout, narrow, work, `layout to ${transport}`)
})

it('a layer in the cache that is damaged is found, fetched again and right', async () => {
  const right = await imageOf(`docker://${registry.address}/acme/base:1`)
  for (const digest of base.layers) {
    for (const [kind, damage] of damagesFor(TWO)) {
      await using place = await mkdtempDisposable(join(tmpdir(), 'cached-'))
      const report = recorder()
      const store = new BlobStore(join(place.path, 'cache'), Date.now(), report)
      await fetched(`docker://${registry.address}/acme/base:1`, join(place.path, 'first'), store)
      const kept = join(place.path, 'cache', 'blobs', 'sha256', digest.slice('sha256:'.length))
      await damage(kept)
      const again = await fetched(`docker://${registry.address}/acme/base:1`, join(place.path, 'second'), store)
      const image = await imageOn(again, join(place.path, 'image'))
      const healed = `sha256:${createHash('sha256')
        .update(await readFile(kept))
        .digest('hex')}`
      tried.add(`cached layer: ${kind}`, [
        ...(image.digest === right ? [] : ['another image']),
        ...(healed === digest ? [] : ['the cache was not healed']),
        ...(report.warnings.length === 1 ? [] : [`warnings: ${report.warnings.join('; ')}`]),
      ])
    }
  }
})

it('a kept kiwi-ng that is damaged is never run', async () => {
  await using place = await mkdtempDisposable(join(tmpdir(), 'kept-'))
  const made = join(place.path, 'made')
  await mkdir(join(made, 'path'), { recursive: true })
  await mkdir(join(made, 'lib', 'site-packages'), { recursive: true })
  await writeFile(join(made, 'path', 'kiwi-ng'), '#!/bin/sh\n', { mode: 0o755 })
  await writeFile(join(made, 'lib', 'site-packages', 'kiwi.py'), 'print("kiwi")')
  await writeFile(join(made, 'pyvenv.cfg'), 'home = /usr/bin\n')
  vi.stubEnv('RUNNER_TOOL_CACHE', join(place.path, 'tools'))
  vi.stubEnv('RUNNER_TEMP', place.path)
  const report = recorder()
  const around = { cacheFolder: join(place.path, 'cache'), temp: place.path } as Surroundings
  const runner = kiwiShelf(around, report)
  for (const [which, shelf] of Object.entries({
    local: localShelf(around.cacheFolder, report, runner),
    runner,
  })) {
    const kept = await shelf.keep(made, '1.2.3')
    expect(await shelf.find('1.2.3')).toBe(kept)
    for (const file of await filesIn(kept)) {
      for (const [kind, damage] of damagesFor(ALL)) {
        await damage(join(kept, file))
        const found = await shelf.find('1.2.3')
        await shelf.keep(made, '1.2.3')
        const again = await shelf.find('1.2.3')
        tried.add(`kept kiwi-ng, ${which}: ${kind}`, [
          ...(found === undefined ? [] : [`${file}: it would have been run`]),
          ...(again === kept ? [] : [`${file}: it is not kept anew`]),
        ])
      }
    }
  }
})

/** The digest of the image on a base, or why there is none. */
async function imageOf(text: string): Promise<string> {
  await using place = await mkdtempDisposable(join(tmpdir(), 'based-'))
  const made = { digest: '' }
  const refusal = await refusalOf(
    fetched(text, join(place.path, 'base')).then(async (image) => {
      made.digest = (await imageOn(image, join(place.path, 'image'))).digest
    }),
  )
  return refusal === undefined ? made.digest : 'refused'
}

/** A file that is damaged may be one that nobody reads for this platform. */
function wrongsOf(found: string, right: string): readonly string[] {
  return [right, 'refused'].includes(found) ? [] : [`another image: ${found}`]
}

it('a file of a base that is damaged in the registry changes no image', async () => {
  const blobs = join(registry.storage, 'docker', 'registry', 'v2', 'blobs')
  const name = `docker://${registry.address}/acme/base:1`
  const right = await imageOf(name)
  const found: string[] = []
  for (const hex of (await filesIn(base.layout)).map((file) => basename(file)).filter((file) => file.length === 64)) {
    const file = join(blobs, 'sha256', hex.slice(0, 2), hex, 'data')
    const before = await readFile(file)
    for (const [kind, damage] of damagesFor(TWO)) {
      await damage(file)
      found.push(await imageOf(name))
      await writeFile(file, before)
      tried.add(`base in a registry: ${kind}`, wrongsOf(found.at(-1) ?? '', right))
    }
  }
  // The index, a manifest, a config and two layers.
  expect(found.filter((each) => each === 'refused')).toHaveLength(5 * damagesFor(TWO).length)
})

it('a file of a base in a layout that is damaged changes no image', async () => {
  await using place = await mkdtempDisposable(join(tmpdir(), 'whole-'))
  await cp(base.layout, join(place.path, 'copy'), { recursive: true })
  const right = await imageOf(`oci:${join(place.path, 'copy')}:amd64`)
  const look = async (copy: string) => wrongsOf(await imageOf(`oci:${copy}:amd64`), right)
  await eachDamage(base.layout, TWO, look, 'base in a layout')
})

it('all of them were tried', async () => {
  expect((await readdir(wrapped.layout)).toSorted()).toEqual(['blobs', 'index.json', 'oci-layout'])
  await tried.finish(times(200, 300))
})
