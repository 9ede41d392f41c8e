import { execFile } from 'node:child_process'
import { createHash, randomFillSync } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { ImageConfig } from '../../../src/oci/container/config.ts'
import { type Digest, digestOf } from '../../../src/oci/digest.ts'
import { parseManifest } from '../../../src/oci/manifest.ts'
import { blobPath } from '../../../src/oci/store/layout.ts'
import type { ExportSource } from '../../../src/registry/target/export.ts'
import { makeBase } from '../../support/base.ts'
import { coded } from '../../support/coded.ts'
import { type Engine, startEngine } from '../../support/engine.ts'
import { runAsRoot } from '../../support/root.ts'
import { makeTree } from '../../support/tree.ts'
import { wrapDisk } from '../../support/wrapped.ts'
import { type Exporting, exporting, NAMES } from './exporting.ts'

let engine: Engine
let here: Exporting

beforeAll(async () => {
  engine = await startEngine()
})
afterAll(() => engine?.[Symbol.asyncDispose]())
beforeEach(async () => {
  here = await exporting()
})
afterEach(() => here[Symbol.asyncDispose]())

const at = (...parts: string[]) => join(here.folder, ...parts)

interface Wrapped extends ExportSource {
  readonly digest: Digest
  readonly config: ImageConfig
  readonly configDigest: string
}

/** Every test has a disk of its own, so that no layer is there already. */
async function wrapped(algorithm: 'gzip' | 'zstd' | 'none'): Promise<Wrapped> {
  const disk = at('disk.raw')
  const content = Buffer.alloc(3 * 1024 * 1024 + 17)
  randomFillSync(content, 0, 1024 * 1024)
  await writeFile(disk, content)
  const image = await wrapDisk({
    disk,
    pathInImage: '/disk/x.raw',
    platform: { os: 'linux', architecture: 'amd64' },
    changes: { env: { A: 'b' }, cmd: ['/disk/x.raw'], labels: { 'org.example.a': 'b' } },
    annotations: { 'org.example.c': 'd' },
    title: 'x',
    compression: { algorithm },
    epochSeconds: 1767323045,
    layoutFolder: at('layout'),
  })
  const { config } = parseManifest(await readFile(blobPath(at('layout'), image.digest)))
  return {
    layout: image.layout,
    digest: image.digest,
    descriptor: image.descriptor,
    names: NAMES,
    configDigest: config.digest,
    config: JSON.parse(await readFile(blobPath(at('layout'), config.digest), 'utf8')),
  }
}

/** The same image with a config that says another content of the layer. */
async function lying(source: Wrapped): Promise<ExportSource> {
  const put = async (value: object) => {
    const bytes = Buffer.from(JSON.stringify(value))
    await writeFile(blobPath(source.layout, digestOf(bytes)), bytes)
    return { digest: digestOf(bytes), size: bytes.length }
  }
  const rootfs = { type: 'layers', diff_ids: [source.digest] }
  const config = await put({ ...source.config, rootfs })
  const manifest = JSON.parse(await readFile(blobPath(source.layout, source.digest), 'utf8'))
  const changed = await put({ ...manifest, config: { ...manifest.config, ...config } })
  return { ...source, descriptor: { ...source.descriptor, ...changed } }
}

async function sha256(file: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
}

/** Engines that keep images in containerd, Docker's own since 29, call an image by its manifest, others by its config. */
async function expectedID(source: Wrapped): Promise<string> {
  const status = await engine.docker('info', '--format', '{{.DriverStatus}}')
  if (!status.includes('io.containerd.snapshotter')) return source.configDigest
  const [, changed = source.digest] = /the digest (\S+) instead/.exec(here.access.report.lines.join()) ?? []
  return changed
}

/** Takes the disk out of the engine's image with docker's own tools, without running it. */
async function diskOf(name: string): Promise<string> {
  const container = await engine.docker('create', name, '/none')
  await engine.docker('cp', `${container}:/disk/x.raw`, at('out.raw'))
  await engine.docker('rm', container)
  await runAsRoot('chmod', '644', at('out.raw'))
  return await sha256(at('out.raw'))
}

describe('a docker-daemon: export', () => {
  it.each(['gzip', 'zstd', 'none'] as const)('of %s has our config, layers and names', async (algorithm) => {
    const source = await wrapped(algorithm)
    const environment = { ...here.access.environment, DOCKER_HOST: engine.host }
    await here.write('docker-daemon:acme/x:1.0', source, { environment })
    const [image] = JSON.parse(await engine.docker('image', 'inspect', 'acme/x:latest'))
    expect(image.Id).toBe(await expectedID(source))
    expect(image.RootFS.Layers).toEqual(source.config.rootfs.diff_ids)
    expect(image.RepoTags.toSorted()).toEqual(['acme/x:1.0', 'acme/x:latest', 'other:2'])
    expect(image.Config).toMatchObject({ Env: expect.arrayContaining(['A=b']), Cmd: ['/disk/x.raw'] })
    expect(image.Config.Labels).toMatchObject({ 'org.example.a': 'b' })
    expect(await diskOf('other:2')).toBe(await sha256(at('disk.raw')))
    expect(here.access.report.lines.at(-1)).toContain(
      `image ID ${source.configDigest}; docker makes a manifest of its own`,
    )
  })

  it('of an index has the container of it', async () => {
    await using base = await makeBase()
    await using tree = await makeTree(base)
    const environment = { ...here.access.environment, DOCKER_HOST: engine.host }
    await here.write('docker-daemon:tree:1', { ...tree, names: [] }, { environment })
    const [image] = JSON.parse(await engine.docker('image', 'inspect', 'tree:1'))
    expect(image.RootFS.Layers).toEqual(base.diffIDs)
  })

  it('fails where the daemon refuses the image, in its words', async () => {
    const environment = { ...here.access.environment, DOCKER_HOST: engine.host }
    await expect(here.write('docker-daemon:x:1', await lying(await wrapped('gzip')), { environment })).rejects.toThrow(
      coded(
        'registry-engine',
        /^the image cannot be written to docker-daemon:x:1: docker's daemon refuses it \(.*diffID.*\)$/,
      ),
    )
    await expect(engine.docker('image', 'inspect', 'x:1')).rejects.toThrow(/No such image/)
  })
})

describe('docker load', () => {
  it.each(['gzip', 'zstd', 'none'] as const)('takes our docker-archive: of %s', async (algorithm) => {
    const source = await wrapped(algorithm)
    await here.write(`docker-archive:@/image.tar:archived:${algorithm}`, source)
    expect(await engine.docker('load', '--input', at('image.tar'))).toBe(`Loaded image: archived:${algorithm}`)
    const [image] = JSON.parse(await engine.docker('image', 'inspect', `archived:${algorithm}`))
    expect(image.Id).toBe(await expectedID(source))
    expect(await diskOf(`archived:${algorithm}`)).toBe(await sha256(at('disk.raw')))
  })
})

describe('podman load', () => {
  const podman = (...args: readonly string[]) =>
    runAsRoot('podman', '--root', at('root'), '--runroot', at('run'), '--storage-driver', 'vfs', ...args)
  afterEach(() => runAsRoot('rm', '-rf', at('root'), at('run')))

  it('takes our docker-archive: with every name', async () => {
    const source = await wrapped('gzip')
    await here.write('docker-archive:@/image.tar', source)
    await podman('load', '--quiet', '--input', at('image.tar'))
    const [image] = JSON.parse(await podman('image', 'inspect', 'docker.io/acme/x:1.0'))
    expect(image.RepoTags.toSorted()).toEqual([
      'docker.io/acme/x:1.0',
      'docker.io/acme/x:latest',
      'docker.io/library/other:2',
    ])
    expect(`sha256:${image.Id}`).toBe(source.configDigest)
  })

  it('takes our oci-archive:, and pulls each of its names', async () => {
    const source = await wrapped('zstd')
    await here.write('oci-archive:@/one.tar:one', source)
    await here.write('oci-archive:@/all.tar', source)
    expect(await podman('load', '--quiet', '--input', at('one.tar'))).toBe('Loaded image: localhost/one:latest')
    await here.write('oci-archive:@/own.tar', { ...source, names: NAMES.slice(0, 1) })
    expect(await podman('load', '--quiet', '--input', at('own.tar'))).toBe('Loaded image: docker.io/acme/x:1.0')
    const id = await podman('pull', '--quiet', `oci-archive:${at('all.tar')}:latest`)
    expect(`sha256:${id}`).toBe(source.configDigest)
    const [image] = JSON.parse(await podman('image', 'inspect', id))
    expect(image.RootFS.Layers).toEqual(source.config.rootfs.diff_ids)
    expect(image.Annotations).toMatchObject({ 'org.example.c': 'd' })
  })
})

it('the engine leaves no mount behind', async () => {
  const other = await startEngine()
  const place = other.host.slice('unix://'.length).replace(/\/docker.sock$/, '')
  await other[Symbol.asyncDispose]()
  expect((await readFile('/proc/mounts', 'utf8')).includes(place)).toBe(false)
  await expect(promisify(execFile)('ls', [place])).rejects.toThrow()
})
