import { execFile } from 'node:child_process'
import { cp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Digest, digestOf } from '../../../src/oci/digest.ts'
import { mediaTypes } from '../../../src/oci/manifest.ts'
import { blobPath } from '../../../src/oci/store/layout.ts'
import { layoutViolations } from '../../../src/oci/store/validate.ts'
import type { ExportSource } from '../../../src/registry/target/export.ts'
import { type Base, makeBase } from '../../support/base.ts'
import { startRegistry } from '../../support/registry.ts'
import { runAsRoot } from '../../support/root.ts'
import { makeTree, type Tree } from '../../support/tree.ts'
import { digestAt, type Exporting, entriesIn, exporting, REF_NAME, rootsSkopeo, sourceOf } from './exporting.ts'

let base: Base
let tree: Tree
let source: ExportSource
let here: Exporting

beforeAll(async () => {
  base = await makeBase()
  tree = await makeTree(base)
  source = { layout: tree.layout, descriptor: tree.descriptor, names: [] }
})
afterAll(async () => {
  await tree?.[Symbol.asyncDispose]()
  await base?.[Symbol.asyncDispose]()
})
beforeEach(async () => {
  here = await exporting()
})
afterEach(() => here[Symbol.asyncDispose]())

const at = (...parts: string[]) => join(here.folder, ...parts)
const run = promisify(execFile)

/** Copies all that an index names with skopeo. @returns the digests of what it then has, sorted */
async function copied(from: string): Promise<readonly Digest[]> {
  const flags = ['--quiet', '--all', '--preserve-digests', '--src-tls-verify=false']
  await run('skopeo', ['copy', ...flags, from, `dir:${at('copied')}`])
  const names = (await readdir(at('copied'))).filter((name) => name !== 'version')
  const found = await Promise.all(names.map(async (name) => digestOf(await readFile(at('copied', name)))))
  return found.toSorted()
}

describe('an export of an index', () => {
  it('to oci: is valid, whole, and its entry has no platform', async () => {
    await here.write('oci:@/image:1.0', source)
    expect(await layoutViolations(at('image'))).toEqual([])
    expect(entriesIn(await readFile(at('image', 'index.json'), 'utf8'))).toEqual([
      { ...tree.descriptor, annotations: { [REF_NAME]: '1.0' } },
    ])
    expect(await copied(`oci:${at('image')}:1.0`)).toEqual(tree.digests.toSorted())
  })

  it('to an oci: that is there stands beside its images, and takes its name from them', async () => {
    await here.write('oci:@/image:a', await sourceOf(base))
    await here.write('oci:@/image:b', await sourceOf(base))
    await here.write('oci:@/image:a', source)
    expect(await layoutViolations(at('image'))).toEqual([])
    expect(await digestAt(`oci:${at('image')}:a`)).toBe(tree.descriptor.digest)
    expect(await digestAt(`oci:${at('image')}:b`)).toBe(base.digests.amd64)
  })

  it('to oci-archive: is whole, and every document comes before the disks', async () => {
    await here.write('oci-archive:@/image.tar:1.0', source)
    expect(await copied(`oci-archive:${at('image.tar')}:1.0`)).toEqual(tree.digests.toSorted())
    const { stdout } = await run('tar', ['-tf', at('image.tar')])
    const names = stdout.split('\n').filter((name) => /[0-9a-f]{64}$/.test(name))
    const documents = await Promise.all(
      names.map(async (name) => (await readFile(join(tree.layout, name))).subarray(0, 1).toString() === '{'),
    )
    expect(documents).toEqual(documents.toSorted((one, other) => Number(other) - Number(one)))
  })

  it('to dir: writes the same files as skopeo', async () => {
    await here.write('dir:@/ours', source)
    const flags = ['--quiet', '--all', '--preserve-digests']
    await run('skopeo', ['copy', ...flags, `oci:${tree.layout}:latest`, `dir:${at('theirs')}`])
    const names = await readdir(at('theirs'))
    expect(await readdir(at('ours'))).toEqual(names)
    for (const name of names) expect(await readFile(at('ours', name))).toEqual(await readFile(at('theirs', name)))
  })

  it('to a dir: that is there replaces its image, and an image replaces it', async () => {
    await here.write('dir:@/fresh', source)
    await here.write('dir:@/image', await sourceOf(base))
    const single = await readdir(at('image'))
    await here.write('dir:@/image', source)
    expect(await readdir(at('image'))).toEqual(await readdir(at('fresh')))
    await here.write('dir:@/image', await sourceOf(base))
    expect(await readdir(at('image'))).toEqual(single)
  })

  it('to a dir: leaves what there was when it fails', async () => {
    await cp(tree.layout, at('broken'), { recursive: true })
    const { layers } = JSON.parse(await readFile(blobPath(tree.layout, tree.children[2] as Digest), 'utf8'))
    await rm(blobPath(at('broken'), layers[0].digest))
    await here.write('dir:@/image', await sourceOf(base))
    const before = await readdir(at('image'))
    await expect(here.write('dir:@/image', { ...source, layout: at('broken') })).rejects.toThrow('ENOENT')
    expect(await readdir(at('image'))).toEqual(before)
    expect(await digestAt(`dir:${at('image')}`)).toBe(base.digests.amd64)
  })

  it('to docker:// is pushed whole', async () => {
    await using registry = await startRegistry()
    await here.write(`docker://${registry.address}/x:1`, source)
    expect(await copied(`docker://${registry.address}/x:1`)).toEqual(tree.digests.toSorted())
  })

  it('fails where a child was changed meanwhile', async () => {
    await cp(tree.layout, at('changed'), { recursive: true })
    await writeFile(blobPath(at('changed'), tree.children[1] as Digest), '{}')
    await expect(here.write('oci:@/image', { ...source, layout: at('changed') })).rejects.toThrow(/it was changed/)
    expect(await readdir(here.folder)).toEqual(['changed'])
  })
})

describe('an export of an index to a place for one image', () => {
  const alone = (place: string) =>
    `${place} holds one image and no index: it gets the container alone, ${tree.container}`

  it('docker-archive: gets the container, and the log says so', async () => {
    await here.write('docker-archive:@/image.tar:x:1', source)
    expect(here.access.report.lines[0]).toBe(alone(`docker-archive:${at('image.tar')}:x:1`))
    const { stdout } = await run('tar', ['-xOf', at('image.tar'), 'index.json'])
    expect(entriesIn(stdout)).toEqual([
      expect.objectContaining({ mediaType: mediaTypes.manifest, digest: tree.container }),
    ])
    await run('skopeo', ['copy', '--quiet', `docker-archive:${at('image.tar')}:x:1`, `dir:${at('whole')}`])
  })

  it('containers-storage: gets the container, and the log says so', async () => {
    const environment = await rootsSkopeo(here)
    const name = `containers-storage:[vfs@${here.folder}/data+${here.folder}/run]docker.io/acme/x:1`
    try {
      await here.write(name, source, { environment })
      const raw = await runAsRoot('/usr/bin/skopeo', 'inspect', '--raw', name)
      expect(digestOf(Buffer.from(raw))).toBe(tree.container)
      expect(here.access.report.lines[0]).toBe(alone(name))
    } finally {
      await runAsRoot('rm', '-rf', at('data'), at('run'))
    }
  })
})
