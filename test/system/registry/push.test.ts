import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { blobPath } from '../../../src/oci/store/layout.ts'
import { requireSkopeo } from '../../../src/registry/skopeo.ts'
import { pushImage } from '../../../src/registry/target/push.ts'
import type { Source } from '../../../src/registry/target/staging.ts'
import { send, victimsNow } from '../../promises/support/victims.ts'
import { type Base, makeBase, pushBase } from '../../support/base.ts'
import { forward, startProxy } from '../../support/proxy.ts'
import { blobUploads, type Registry, startRegistry, type TestAccess, testAccess } from '../../support/registry.ts'
import { sourceOf } from './exporting.ts'

let registry: Registry
let base: Base
let access: TestAccess
let source: Source

beforeAll(async () => {
  base = await makeBase()
})

afterAll(async () => {
  await base?.[Symbol.asyncDispose]()
})

beforeEach(async () => {
  registry = await startRegistry()
  access = await testAccess()
  const { layout, descriptor } = await sourceOf(base)
  source = { layout, descriptor }
})

afterEach(async () => {
  await registry?.stop()
  await access?.[Symbol.asyncDispose]()
})

/** The digest that a tag has at the registry, asked without the product. */
async function carried(tag: string): Promise<string | null> {
  const headers = { accept: 'application/vnd.oci.image.manifest.v1+json' }
  const answer = await fetch(`http://${registry.address}/v2/x/manifests/${tag}`, { method: 'HEAD', headers })
  return answer.headers.get('docker-content-digest')
}

const tagsOf = (address: string, ...names: string[]) => names.map((name) => `${address}/x:${name}`)

describe('pushImage', () => {
  it('gives every tag our digest, the least specific last, and each blob once', async () => {
    const tags = tagsOf(registry.address, 'latest', '1.2', '1.2.3')
    const done: string[] = []
    expect(await pushImage(source, tags, access, (tag) => done.push(tag))).toEqual(tags)
    expect(done).toEqual(tagsOf(registry.address, '1.2.3', '1.2', 'latest'))
    expect(await Promise.all(['latest', '1.2', '1.2.3'].map(carried))).toEqual(Array(3).fill(source.descriptor.digest))
    await registry.settled()
    expect(blobUploads(registry.accesses)).toHaveLength(3)
  })

  it('uploads nothing the second time', async () => {
    await pushImage(source, tagsOf(registry.address, '1'), access)
    await registry.settled()
    const before = registry.accesses.length
    await pushImage(source, tagsOf(registry.address, '1'), access)
    await registry.settled()
    expect(blobUploads(registry.accesses.slice(before))).toEqual([])
  })

  it.each([
    ['after the manifest was written: it counts as done', true],
    ['before: the tag is told', false],
  ])('is asked for where skopeo is killed %s', async (_, gotThrough) => {
    const kill = async () => void (await send('SIGKILL', await victimsNow('skopeo', process.pid)))
    await using proxy = await startProxy(registry.address, (asked) => {
      if (asked.method !== 'PUT' || !asked.url?.includes('/manifests/')) return false
      if (gotThrough) forward(registry.address, asked, kill)
      else void kill()
      return true
    })
    const [tag = ''] = tagsOf(proxy.address, '1')
    const pushed = pushImage(source, [tag], access)
    if (gotThrough) expect(await pushed).toEqual([tag])
    else await expect(pushed).rejects.toMatchObject({ code: 'command-signal' })
    expect(await carried('1')).toBe(gotThrough ? source.descriptor.digest : null)
    const told = gotThrough ? access.report.lines : access.report.warnings
    expect(told.at(-1)).toMatch(gotThrough ? /so the push got through$/ : /was cut off; nothing is there now$/)
  })

  it('fails when the registry says yes and drops the manifest, and tells what the tag has', async () => {
    await using other = await makeBase('two')
    await pushBase(other, `${registry.address}/x:1`, { name: 'amd64' })
    await using liar = await startProxy(registry.address, (asked, answer) => {
      if (asked.method !== 'PUT' || !asked.url?.includes('/manifests/')) return false
      asked.resume().once('end', () => answer.writeHead(201).end())
      return true
    })
    await expect(pushImage(source, tagsOf(liar.address, '1'), access)).rejects.toMatchObject({
      name: 'RegistryError',
      code: 'registry-read-back',
      side: 'target',
      message: expect.stringContaining(`it carries ${other.digests.amd64} now, not our ${source.descriptor.digest}`),
    })
  })

  it('tells the tags that were done before one failed', async () => {
    await using liar = await startProxy(registry.address, (asked, answer) => {
      if (asked.method !== 'PUT' || !asked.url?.includes('/manifests/latest')) return false
      asked.resume().once('end', () => answer.writeHead(403).end())
      return true
    })
    const done: string[] = []
    const pushed = pushImage(source, tagsOf(liar.address, 'latest', '1'), access, (tag) => done.push(tag))
    await expect(pushed).rejects.toThrow(/the push to .*:latest failed: the registry denies it/)
    expect(done).toEqual(tagsOf(liar.address, '1'))
  })

  it('counts a push that reports failure but got through as done, and does not move the tag once more', async () => {
    await using liar = await startProxy(registry.address, (asked, answer) => {
      if (asked.method !== 'PUT' || !asked.url?.includes('/manifests/')) return false
      forward(registry.address, asked, (reply) => reply.resume().once('end', () => answer.writeHead(500).end()))
      return true
    })
    await pushImage(source, tagsOf(liar.address, '1'), access)
    expect(await carried('1')).toBe(source.descriptor.digest)
    expect(access.waits).toEqual([])
    expect(access.report.lines.at(-1)).toMatch(/so the push got through$/)
  })

  it('survives a fault that passes', async () => {
    let faults = 2
    await using flaky = await startProxy(registry.address, (asked, answer) => {
      if (asked.method !== 'POST' || faults-- <= 0) return false
      asked.resume().once('end', () => answer.writeHead(500).end())
      return true
    })
    await pushImage(source, tagsOf(flaky.address, '1'), access)
    expect(await carried('1')).toBe(source.descriptor.digest)
  })

  it('does not push a layout whose manifest was changed', async () => {
    const layout = await mkdtemp(join(tmpdir(), 'changed-'))
    try {
      await cp(base.layout, layout, { recursive: true })
      const path = blobPath(layout, source.descriptor.digest)
      await writeFile(
        path,
        (await readFile(path, 'utf8')).replace('"schemaVersion":2', '"schemaVersion":2,"annotations":{}'),
      )
      await expect(pushImage({ ...source, layout }, tagsOf(registry.address, '1'), access)).rejects.toThrow(
        /it was changed/,
      )
      expect(await carried('1')).toBeNull()
    } finally {
      await rm(layout, { recursive: true })
    }
  })
})

describe('requireSkopeo', () => {
  it('is content with the installed one', async () => {
    await requireSkopeo(access)
  })

  it('names the version that is too old', async () => {
    const path = join(access.tmpFolder, 'skopeo')
    await writeFile(path, '#!/bin/sh\necho skopeo version 1.4.1\n', { mode: 0o755 })
    const old = {
      ...access,
      environment: { ...access.environment, PATH: `${access.tmpFolder}:${access.environment['PATH']}` },
    }
    await expect(requireSkopeo(old)).rejects.toThrow(
      'skopeo version 1.4.1 is too old, it has no --preserve-digests: install skopeo 1.6 or later',
    )
  })

  it('asks for the copy of an index alone too', async () => {
    const path = join(access.tmpFolder, 'skopeo')
    await writeFile(path, '#!/bin/sh\necho skopeo --preserve-digests\n', { mode: 0o755 })
    const old = {
      ...access,
      environment: { ...access.environment, PATH: `${access.tmpFolder}:${access.environment['PATH']}` },
    }
    await expect(requireSkopeo(old)).rejects.toThrow(/is too old, it has no --multi-arch: install skopeo/)
  })
})
