import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommand } from '../../src/command.ts'
import { DISK_FORMAT_NAMES, type DiskFormat } from '../../src/disk/format.ts'
import { readInputs } from '../../src/inputs/inputs.ts'
import type { InputName } from '../../src/inputs/raw.ts'
import { buildImage } from '../../src/job/build.ts'
import type { Job } from '../../src/job/job.ts'
import { Stopwatch } from '../../src/job/stopwatch.ts'
import { wrapDisk } from '../../src/job/wrap.ts'
import { digestHex } from '../../src/oci/digest.ts'
import type { BaseImage } from '../../src/oci/image.ts'
import { type Manifest, mediaTypes } from '../../src/oci/manifest.ts'
import { makePlan } from '../../src/plan/planning.ts'
import { type Base, makeBase } from '../support/base.ts'
import { type DiskFolder, diskFolder, noise } from '../support/rawdisk.ts'
import { testAccess } from '../support/registry.ts'

const MEBIBYTE = 1 << 20
const COMPRESSIONS = ['gzip', 'zstd', 'none'] as const
const BASES = ['scratch', 'a base'] as const
/** How tar reads a layer. */
const UNPACKERS: Readonly<Record<string, string>> = {
  [mediaTypes.layerGzip]: '--gzip',
  [mediaTypes.layerZstd]: '--zstd',
  [mediaTypes.layer]: '--no-auto-compress',
}

let folder: string
let disk: DiskFolder
let base: Base
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wrapped-'))
  disk = await diskFolder(6 * MEBIBYTE + 512, [
    { at: 0, bytes: noise(70_000, 1) },
    { at: 3 * MEBIBYTE + 4096, bytes: Buffer.alloc(MEBIBYTE, 'compressible ') },
  ])
  base = await makeBase()
})
afterAll(async () => {
  await base[Symbol.asyncDispose]()
  await disk[Symbol.asyncDispose]()
  await remove(folder)
})

/** The folder of the disk in an image is closed to its owner's writing, so that only root could empty it. */
async function remove(path: string): Promise<void> {
  await runCommand('chmod', ['-R', 'u+w', path])
  await rm(path, { recursive: true })
}

const blob = (layout: string, digest: string) => join(layout, 'blobs', 'sha256', digest.slice('sha256:'.length))

async function json<Value>(layout: string, digest: string): Promise<Value> {
  return JSON.parse(await readFile(blob(layout, digest), 'utf8'))
}

/** The base as the product has it when it is fetched. */
async function fetchedBase(): Promise<BaseImage> {
  const { layout, digests, layers } = base
  const manifest = await json<Manifest>(layout, digests.amd64)
  return {
    name: 'example.com/base:1',
    digest: digests.amd64,
    manifest,
    config: await json(layout, manifest.config.digest),
    blobs: new Map(layers.map((digest) => [digest, blob(layout, digest)])),
  } as unknown as BaseImage
}

/** Unpacks the image in a layout as a runtime would, with tar, layer after layer. */
async function unpacked(layout: string, digest: string, to: string): Promise<Manifest> {
  const manifest = await json<Manifest>(layout, digest)
  await mkdir(to)
  for (const layer of manifest.layers) {
    const how = UNPACKERS[layer.mediaType] ?? 'no media type of a layer'
    await runCommand('tar', [how, '-xf', blob(layout, layer.digest), '-C', to])
  }
  return manifest
}

describe.each(DISK_FORMAT_NAMES)('a disk in the format %s', (format) => {
  let file: string
  beforeAll(async () => {
    file = (await disk.convert(format, { name: `wrapped-${format}` })).file
  })

  describe.each(COMPRESSIONS)('in a layer of compression %s', (algorithm) => {
    it.each(BASES)('on %s comes out of the image as it went in', async (kind) => {
      const place = await mkdtemp(join(folder, 'image-'))
      const pathInImage = `/disk/${basename(file)}`
      const wrapped = await wrapDisk({
        disk: { path: file, pathInImage },
        ...(kind === 'scratch' ? {} : { base: await fetchedBase() }),
        platform: { os: 'linux', architecture: 'amd64' },
        changes: {},
        annotations: {},
        compression: { algorithm },
        epochSeconds: 1767323045,
        layoutFolder: join(place, 'layout'),
      })
      const manifest = await unpacked(wrapped.layout, wrapped.digest, join(place, 'root'))
      expect(manifest.layers).toHaveLength(kind === 'scratch' ? 1 : 3)
      expect(await readdir(join(place, 'root', 'disk'))).toEqual([basename(file)])
      await runCommand('cmp', [file, join(place, 'root', pathInImage)])
      if (kind !== 'scratch') expect(await readdir(join(place, 'root', 'bin'))).toContain('busybox')
      await remove(place)
    })
  })
})

describe('a job with a disk and the format', () => {
  const FACTS = { machine: { os: 'linux', architecture: 'amd64' }, architecture: 'x86_64', installTools: true }

  async function built(format: DiskFormat, workFolder: string) {
    await using access = await testAccess()
    const texts: readonly (readonly [InputName, string])[] = [
      ['disk', disk.disk],
      ['format', format],
      ['source-date-epoch', '1767323045'],
    ]
    const plan = await makePlan(readInputs(new Map(texts.map(([name, text]) => [name, [text]])), FACTS), FACTS)
    const job = {
      workFolder,
      access,
      report: access.report,
      stopwatch: new Stopwatch(() => Date.now()),
      signal: new AbortController().signal,
    } as unknown as Job
    return buildImage(plan, job)
  }

  it.each([
    ['vhd-fixed', '/disk/source.vhdfixed', 7 * MEBIBYTE],
    ['gce', '/disk/source.tar.gz', 1024 * MEBIBYTE],
    ['ova', '/disk/source.ova', 6 * MEBIBYTE + 65_536],
    ['raw', '/disk/source.raw', 6 * MEBIBYTE + 512],
  ] as const)('%s names it %s and tells its own size', async (format, path, virtualSizeBytes) => {
    const workFolder = await mkdtemp(join(folder, 'job-'))
    const image = await built(format, workFolder)
    expect(image.disk).toMatchObject({ path, format, virtualSizeBytes })
    expect(await readdir(workFolder)).toEqual(format === 'raw' ? ['layout'] : ['disk', 'layout'])
    await unpacked(image.layout, image.digest, join(workFolder, 'root'))
    await runCommand('cmp', [image.disk.file, join(workFolder, 'root', path)])
  })

  it('qcow2 is written into the layer without a file of it', async () => {
    const workFolder = await mkdtemp(join(folder, 'job-'))
    const image = await built('qcow2', workFolder)
    expect(await readdir(workFolder)).toEqual(['layout'])
    await unpacked(image.layout, image.digest, join(workFolder, 'root'))
    const disk = join(workFolder, 'root/disk/source.qcow2')
    await runCommand('qemu-img', ['check', '-f', 'qcow2', disk])
    await runCommand('qemu-img', ['compare', '-f', 'raw', '-F', 'qcow2', image.disk.file, disk])
    expect(image.disk).toMatchObject({ format: 'qcow2', sizeBytes: (await stat(disk)).size })
  })

  it.each(['vmdk', 'vhd', 'vhdx', 'ova'] as const)('%s gives the same digest each time', async (format) => {
    const digests = []
    for (let time = 0; time < 2; time += 1) {
      digests.push(digestHex((await built(format, await mkdtemp(join(folder, 'job-')))).digest))
    }
    expect(digests[0]).toBe(digests[1])
  })
})
