import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { digestOf } from '../../../src/oci/digest.ts'
import { blobPath } from '../../../src/oci/store/layout.ts'
import type { ExportSource } from '../../../src/registry/target/export.ts'
import { type Base, makeBase } from '../../support/base.ts'
import { digestAt, type Entry, type Exporting, entriesIn, exporting, NAMES, REF_NAME, sourceOf } from './exporting.ts'

let base: Base
let other: Base
let source: ExportSource
let here: Exporting

beforeAll(async () => {
  base = await makeBase()
  other = await makeBase('two')
  source = await sourceOf(base)
})
afterAll(async () => {
  await base?.[Symbol.asyncDispose]()
  await other?.[Symbol.asyncDispose]()
})
beforeEach(async () => {
  here = await exporting()
})
afterEach(() => here[Symbol.asyncDispose]())

const at = (...parts: string[]) => join(here.folder, ...parts)

async function entriesOf(layout: string): Promise<readonly Entry[]> {
  return entriesIn(await readFile(at(layout, 'index.json'), 'utf8'))
}

async function namesOf(layout: string): Promise<readonly unknown[]> {
  return (await entriesOf(layout)).map(({ annotations }) => annotations?.[REF_NAME])
}

/** An image of which a blob is missing: it fails when all else is written. */
async function broken(): Promise<ExportSource> {
  const layout = at('broken')
  await cp(base.layout, layout, { recursive: true })
  await rm(blobPath(layout, base.layers[1] as `sha256:${string}`))
  return { ...source, layout }
}

describe('an oci: export', () => {
  it('keeps the digest and has platform and name in its index', async () => {
    await here.write('oci:@/image:latest', source)
    expect(await digestAt(`oci:${at('image')}:latest`)).toBe(base.digests.amd64)
    expect(await entriesOf('image')).toEqual([
      expect.objectContaining({
        digest: base.digests.amd64,
        platform: { os: 'linux', architecture: 'amd64' },
        annotations: { [REF_NAME]: 'latest' },
      }),
    ])
    await promisify(execFile)('skopeo', ['copy', '--quiet', `oci:${at('image')}:latest`, `dir:${at('whole')}`])
    expect(here.access.report.lines).toEqual([`wrote oci:${at('image')}:latest as latest: ${base.digests.amd64}`])
  })

  it('may have the longest name that a folder can have', async () => {
    const name = 'n'.repeat(255)
    await here.write(`oci:@/${name}:latest`, source)
    expect(await digestAt(`oci:${at(name)}:latest`)).toBe(base.digests.amd64)
    expect((await readdir(here.folder)).filter((each) => each.endsWith('.tmp'))).toEqual([])
  })

  it("has an entry for each of the container's names", async () => {
    await here.write('oci:@/image', await sourceOf(base, { names: NAMES }))
    expect(await namesOf('image')).toEqual(['1.0', 'latest', 'other:2'])
    for (const name of ['1.0', 'latest', 'other:2']) {
      expect(await digestAt(`oci:${at('image')}:${name}`)).toBe(base.digests.amd64)
    }
  })

  it('keeps the other images of a layout that is there, and all that we do not know', async () => {
    await cp(base.layout, at('theirs'), { recursive: true })
    const index = JSON.parse(await readFile(at('theirs', 'index.json'), 'utf8'))
    const foreign = {
      ...index,
      annotations: { theirs: 'yes' },
      extra: [1],
      manifests: [{ odd: 1 }, ...index.manifests],
    }
    await writeFile(at('theirs', 'index.json'), JSON.stringify(foreign))
    await here.write('oci:@/theirs:new', await sourceOf(other))
    expect(await digestAt(`oci:${at('theirs')}:new`)).toBe(other.digests.amd64)
    expect(await digestAt(`oci:${at('theirs')}:arm64`)).toBe(base.digests.arm64)
    const { manifests, ...rest } = JSON.parse(await readFile(at('theirs', 'index.json'), 'utf8'))
    expect(rest).toMatchObject({ annotations: { theirs: 'yes' }, extra: [1] })
    expect(manifests.slice(0, -1)).toEqual(foreign.manifests)
  })

  it('replaces what had one of its names', async () => {
    await here.write('oci:@/image', await sourceOf(base, { names: NAMES.slice(0, 2) }))
    await here.write('oci:@/image:latest', await sourceOf(other))
    expect((await entriesOf('image')).map(({ digest }) => digest)).toEqual([base.digests.amd64, other.digests.amd64])
    expect(await namesOf('image')).toEqual(['1.0', 'latest'])
  })

  it('puts nameless images of two platforms side by side', async () => {
    await here.write('oci:@/image', source)
    await here.write('oci:@/image', source)
    await here.write('oci:@/image', await sourceOf(base, { name: 'arm64' }))
    expect((await entriesOf('image')).map(({ digest }) => digest)).toEqual([base.digests.amd64, base.digests.arm64])
  })

  it('mends a damaged blob of the layout', async () => {
    await here.write('oci:@/image:a', source)
    const path = blobPath(at('image'), base.layers[0] as `sha256:${string}`)
    await rm(path)
    await writeFile(path, 'damaged')
    await here.write('oci:@/image:b', source)
    expect(digestOf(await readFile(path))).toBe(base.layers[0])
  })

  it('leaves a folder alone that is no layout', async () => {
    await mkdir(at('mine'))
    await writeFile(at('mine', 'thesis.txt'), '')
    await expect(here.write('oci:@/mine:x', source)).rejects.toThrow(
      /holds something else than an OCI layout: export to an empty folder/,
    )
    expect(await readdir(at('mine'))).toEqual(['thesis.txt'])
  })
})

describe('an oci: export that fails', () => {
  it('leaves nothing of a new layout, nor of the folders above it', async () => {
    const image = await broken()
    await expect(here.write('oci:@/deep/er/image:x', image)).rejects.toThrow('ENOENT')
    expect(await readdir(here.folder)).toEqual(['broken'])
  })

  it('leaves an empty folder empty', async () => {
    await mkdir(at('image'))
    await expect(here.write('oci:@/image:x', await broken())).rejects.toThrow('ENOENT')
    expect(await readdir(at('image'))).toEqual([])
  })

  it('leaves a layout that is there as it was', async () => {
    await here.write('oci:@/image:a', await sourceOf(other))
    const before = await readdir(at('image'), { recursive: true })
    await expect(here.write('oci:@/image:b', await broken())).rejects.toThrow('ENOENT')
    expect(await readdir(at('image'), { recursive: true })).toEqual(before)
    expect(await namesOf('image')).toEqual(['a'])
  })

  it('leaves nothing when the job is canceled', async () => {
    const canceled = { signal: AbortSignal.abort() }
    await expect(here.write('oci:@/image:x', source, canceled)).rejects.toMatchObject({ name: 'AbortError' })
    expect(await readdir(here.folder)).toEqual([])
  })
})

describe('several oci: exports at once', () => {
  const letters = ['a', 'b', 'c', 'd', 'e']

  it.each(['a new layout', 'an empty folder', 'a layout that is there'])('are all in %s', async (place) => {
    if (place === 'an empty folder') await mkdir(at('image'))
    if (place === 'a layout that is there') await here.write('oci:@/image:first', source)
    const before = place === 'a layout that is there' ? ['first'] : []
    await Promise.all(letters.map((letter) => here.write(`oci:@/image:${letter}`, source)))
    expect((await namesOf('image')).toSorted()).toEqual([...letters, ...before])
    expect((await readdir(at('image'))).toSorted()).toEqual(['blobs', 'index.json', 'oci-layout'])
    expect(await readdir(here.folder)).toEqual(['image'])
  })

  it('wait for another process, and say so', async () => {
    await here.write('oci:@/image:a', source)
    const holder = spawn('flock', ['-x', at('image'), 'sh', '-c', 'echo held; cat'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    })
    await once(holder.stdout, 'data')
    const writing = here.write('oci:@/image:b', source)
    const line = `${at('image')}: waiting for another export into it`
    await expect.poll(() => here.access.report.lines).toContain(line)
    expect(await namesOf('image')).toEqual(['a'])
    holder.stdin.end()
    await writing
    expect(await namesOf('image')).toEqual(['a', 'b'])
  })
})
