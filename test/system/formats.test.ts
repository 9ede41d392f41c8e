import { utimesSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommand } from '../../src/command.ts'
import { DISK_FORMAT_NAMES } from '../../src/disk/format.ts'
import { readInputs } from '../../src/inputs/inputs.ts'
import type { InputName } from '../../src/inputs/raw.ts'
import { buildImage } from '../../src/job/build.ts'
import type { Job } from '../../src/job/job.ts'
import type { Built } from '../../src/job/result.ts'
import { Stopwatch } from '../../src/job/stopwatch.ts'
import { digestHex } from '../../src/oci/digest.ts'
import { type Manifest, mediaTypes } from '../../src/oci/manifest.ts'
import { makePlan } from '../../src/plan/planning.ts'
import type { Report } from '../../src/report.ts'
import { type Base, makeBase } from '../support/base.ts'
import { type DiskFolder, diskFolder, isSameDisk, noise } from '../support/rawdisk.ts'
import { recorder, testAccess } from '../support/registry.ts'

const MEBIBYTE = 1 << 20
const COMPRESSIONS = ['gzip', 'zstd', 'none'] as const
const BASES = ['scratch', 'a base'] as const
/** How tar reads a layer. */
const UNPACKERS: Readonly<Record<string, string>> = {
  [mediaTypes.layerGzip]: '--gzip',
  [mediaTypes.layerZstd]: '--zstd',
  [mediaTypes.layer]: '--no-auto-compress',
}
const SIZE = 6 * MEBIBYTE + 512
const PIECES = [
  { at: 0, bytes: noise(70_000, 1) },
  { at: 3 * MEBIBYTE + 4096, bytes: Buffer.alloc(MEBIBYTE, 'compressible ') },
]
const FACTS = { machine: { os: 'linux', architecture: 'amd64' }, architecture: 'x86_64', installTools: true }

let folder: string
let disk: DiskFolder
let base: Base
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wrapped-'))
  disk = await diskFolder(SIZE, PIECES)
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

/** What a job makes of the disk: all of it, from the inputs to the layout. */
async function built(inputs: Partial<Record<InputName, string>>, workFolder: string, report?: Report): Promise<Built> {
  await using access = await testAccess()
  const given = { disk: disk.disk, 'source-date-epoch': '1767323045', ...inputs }
  const entries = Object.entries(given) as [InputName, string][]
  const plan = await makePlan(readInputs(new Map(entries.map(([name, text]) => [name, [text]])), FACTS), FACTS)
  const job = {
    workFolder,
    access,
    machine: { now: () => Date.now() },
    caches: {},
    report: report ?? access.report,
    stopwatch: new Stopwatch(() => Date.now()),
    signal: new AbortController().signal,
  } as unknown as Job
  return buildImage(plan, job)
}

const jobFolder = () => mkdtemp(join(folder, 'job-'))

/** Unpacks the image in a layout as a runtime would, with tar, layer after layer. */
async function unpacked({ layout, digest }: Built, to: string): Promise<Manifest> {
  const manifest = JSON.parse(await readFile(blob(layout, digest), 'utf8')) as Manifest
  await mkdir(to)
  for (const layer of manifest.layers) {
    const how = UNPACKERS[layer.mediaType] ?? 'no media type of a layer'
    await runCommand('tar', [how, '-xf', blob(layout, layer.digest), '-C', to])
  }
  return manifest
}

/** The file in the image is the one that was written, or, where none was, a disk of the same content. */
async function expectSameDisk({ disk: made }: Built, file: string): Promise<void> {
  expect((await stat(file)).size).toBe(made.sizeBytes)
  if (made.file !== disk.disk || made.format === 'raw') {
    await runCommand('cmp', [made.file, file])
    return
  }
  expect(made.format).toBe('qcow2')
  await runCommand('qemu-img', ['check', '-q', '-f', 'qcow2', file])
  expect(await isSameDisk(disk.disk, 'qcow2', file)).toBe(true)
}

describe.each(DISK_FORMAT_NAMES)('a disk in the format %s', (format) => {
  describe.each(COMPRESSIONS)('in a layer of compression %s', (compression) => {
    it.each(BASES)('on %s comes out of the image as it went in', async (kind) => {
      const place = await jobFolder()
      const onto = kind === 'scratch' ? {} : { 'base-image': `oci:${base.layout}:amd64` }
      const image = await built({ format, compression, ...onto }, place)
      const root = join(place, 'root')
      const manifest = await unpacked(image, root)
      expect(manifest.layers).toHaveLength(kind === 'scratch' ? 1 : 3)
      expect(await readdir(join(root, 'disk'))).toEqual([basename(image.disk.path)])
      await expectSameDisk(image, join(root, image.disk.path))
      if (kind !== 'scratch') expect(await readdir(join(root, 'bin'))).toContain('busybox')
      await remove(place)
    })
  })

  it('gives the same digest each time, with holes and without', async () => {
    await using whole = await diskFolder(SIZE, PIECES, false)
    const digestOf = async (file: string) => digestHex((await built({ format, disk: file }, await jobFolder())).digest)
    expect(await digestOf(whole.disk)).toBe(await digestOf(disk.disk))
  })
})

describe('a job with a disk and the format', () => {
  it.each([
    ['vhd-fixed', '/disk/source.vhdfixed', 7 * MEBIBYTE],
    ['gce', '/disk/source.tar.gz', 1024 * MEBIBYTE],
    ['ova', '/disk/source.ova', 6 * MEBIBYTE + 65_536],
  ] as const)('%s names it %s, tells its own size and leaves the file', async (format, path, virtualSizeBytes) => {
    const workFolder = await jobFolder()
    const image = await built({ format }, workFolder)
    expect(image.disk).toMatchObject({ path, format, virtualSizeBytes })
    expect(image.disk.file).toBe(join(workFolder, 'disk', basename(path)))
    expect(await readdir(workFolder)).toEqual(['disk', 'layout'])
    expect(image.phases.map(({ name }) => name)).toEqual(['Checks', 'Convert', 'Wrap'])
  })

  it.each([
    ['qcow2', '/disk/source.qcow2'],
    ['raw', '/disk/source.raw'],
  ] as const)('%s names it %s and writes no file of it, and so converts nothing', async (format, path) => {
    const workFolder = await jobFolder()
    const image = await built({ format }, workFolder)
    expect(image.disk).toMatchObject({ path, format, virtualSizeBytes: SIZE, file: disk.disk })
    expect(await readdir(workFolder)).toEqual(['layout'])
    expect(image.phases.map(({ name }) => name)).toEqual(['Checks', 'Scan', 'Wrap'])
  })

  it('qcow2 that the disk has already takes it as it is', async () => {
    const given = (await disk.convert('qcow2', { name: 'given' })).file
    const image = await built({ disk: given, format: 'qcow2' }, await jobFolder())
    expect(image.disk).toMatchObject({ path: '/disk/given.qcow2', file: given, sizeBytes: (await stat(given)).size })
    expect(image.phases.map(({ name }) => name)).toEqual(['Checks', 'Wrap'])
  })

  it.each(['qcow2', 'raw'] as const)('%s fails where the disk changes before it is read whole', async (format) => {
    await using changing = await diskFolder(SIZE, PIECES)
    const workFolder = await jobFolder()
    const group = (title: string) => (title === 'Wrap' ? utimesSync(changing.disk, 5, 5) : undefined)
    const job = built({ format, disk: changing.disk }, workFolder, { ...recorder(), group })
    await expect(job).rejects.toThrow(`the disk ${changing.disk} changed while it was read`)
    expect(await readdir(join(workFolder, 'layout/blobs/sha256'))).toEqual([])
  })
})
