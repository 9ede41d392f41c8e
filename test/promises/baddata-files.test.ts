import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { BlobStore } from '../../src/cache/blobs.ts'
import { offerPackages, prunePackages } from '../../src/cache/packages.ts'
import { architectureOf, diskArchitecture } from '../../src/disk/architecture.ts'
import { inspectDisk } from '../../src/disk/inspect.ts'
import { neededPart, startNamesParts } from '../../src/disk/parts.ts'
import { schemaReason } from '../../src/kiwi/check.ts'
import { failureReason, spaceLack, usageProblem } from '../../src/kiwi/failure.ts'
import { KiwiLog } from '../../src/kiwi/log.ts'
import { readKiwiResult } from '../../src/kiwi/result.ts'
import { parseDocument } from '../../src/oci/document.ts'
import { archiveAt } from '../../src/registry/base/archivekind.ts'
import { refusalOf } from '../../src/registry/refusal.ts'
import { toldWaitSeconds } from '../../src/registry/retryafter.ts'
import { memoryDisk } from '../support/machinedisk.ts'
import { sha256 } from '../unit/oci/samplebase.ts'
import { fuzz } from './support/fuzzed.ts'
import { archives, diskFiles, rawDisks } from './support/goodfiles.ts'
import { KIWI_LINES, SKOPEO_LINES } from './support/goodlines.ts'
import { sandbox } from './support/sandbox.ts'
import { SILENT } from './support/silent.ts'
import { Tried } from './support/tried.ts'
import { changedDocument, documentText } from './support/wilddocument.ts'
import { changedBytes, changedText, wildText } from './support/wildvalue.ts'

it('files of others are read within bounds, or refused', async () => {
  const tried = new Tried('baddata-files', 'wild archives, disks, results of KIWI, answers of skopeo, cache entries')
  const raws = await rawDisks()
  await using box = await sandbox()
  const file = join(box.inside, 'file')

  const tars = await archives(join(box.inside, 'tars'))
  const packed = tars.flatMap((bytes) => [bytes, gzipSync(bytes), zstdCompressSync(bytes)])
  await fuzz(tried, 'archives', {
    narrow: 1000,
    values: changedBytes(packed, [0, 1, 100, 124, 135, 148, 156, 257, 345, 482, 512, 1024]),
    look: async (bytes) => {
      await writeFile(file, bytes)
      await archiveAt(file)
    },
  })

  await fuzz(tried, 'partition tables and FAT', {
    narrow: 300,
    values: changedBytes(raws, [
      446,
      450,
      454,
      458,
      510,
      512,
      524,
      584,
      592,
      596,
      1024,
      1 << 20,
      (1 << 20) + 11,
      (1 << 20) + 22,
    ]),
    look: async (bytes) => {
      const disk = memoryDisk(bytes)
      const found = await architectureOf(disk)
      if (found !== undefined) expect(found.architectures.length).toBeGreaterThan(0)
      expect(disk.reads()).toBeLessThanOrEqual(64)
    },
  })
  const disks = await diskFiles(join(box.inside, 'disks'))
  const starts = disks.map((bytes) => bytes.subarray(0, 4096))
  const spots = [0, 4, 8, 16, 20, 24, 32, 40, 48, 72, 96, 100, 104, 512, 520]
  await fuzz(tried, 'starts of disks', {
    narrow: 2000,
    values: changedBytes(starts, spots),
    look: (bytes) => startNamesParts(bytes),
  })
  const told = {
    'backing-filename': '/a',
    'format-specific': { data: { 'data-file': '/b', extents: [{ filename: '/c' }] } },
  }
  await fuzz(tried, 'what qemu-img tells of a disk', {
    narrow: 1000,
    values: changedDocument([told]),
    look: (info) => neededPart(Object(info), '/c'),
  })
  await fuzz(tried, 'disks that qemu-img is asked about', {
    narrow: 40,
    wide: 3000,
    programs: true,
    values: changedBytes(disks, spots),
    look: async (bytes) => {
      await writeFile(file, bytes)
      const disk = await inspectDisk(file)
      const folder = await mkdtemp(join(box.inside, 'look-'))
      await diskArchitecture({ ...disk, file }, folder)
    },
  })

  const target = join(box.inside, 'target')
  await mkdir(target)
  await writeFile(join(target, 'tiny.raw'), 'disk')
  const result = {
    disk_image: { filename: join(target, 'tiny.raw'), use_for_bundle: true },
    packages: { filename: '/x' },
  }
  await fuzz(tried, 'result files of KIWI', {
    narrow: 1000,
    values: documentText(changedDocument([result])),
    look: async (text) => {
      await writeFile(join(target, 'kiwi.result.json'), text)
      expect((await readKiwiResult(target)).disk).toBe(join(target, 'tiny.raw'))
    },
  })
  await fuzz(tried, 'logs of KIWI', {
    narrow: 1500,
    values: fc.array(changedText(KIWI_LINES, [...KIWI_LINES, ' ', 'error', ': ']), { maxLength: 6 }),
    look: (lines) => {
      const log = new KiwiLog(SILENT, () => 0)
      for (const line of lines) log.take(line)
      log.end()
      failureReason(log.errors)
      usageProblem(lines)
      schemaReason(lines)
      lines.forEach(spaceLack)
    },
  })
  await fuzz(tried, 'answers of skopeo and waits that registries tell', {
    narrow: 2000,
    values: fc.array(
      changedText(SKOPEO_LINES, [
        ...SKOPEO_LINES,
        'denied ',
        'denied '.repeat(20_000),
        'retry-after: ',
        '9'.repeat(400),
        'µs',
        '"',
      ]),
      {
        maxLength: 3,
      },
    ),
    look: (lines) => {
      const { reason } = refusalOf(lines)
      expect(reason.length).toBeGreaterThan(0)
      const seconds = toldWaitSeconds(lines.join('\n'))
      if (seconds !== undefined) expect(seconds).toBeGreaterThanOrEqual(0)
    },
  })

  const digest = sha256('content')
  const cache = join(box.inside, 'cache')
  const place = join(cache, 'blobs/sha256', digest.slice(7))
  const entry = fc.constantFrom(
    'file',
    'link',
    'folder',
    'full folder',
    'link to a folder',
    'link to itself',
    'none',
    'no folder',
  )
  await fuzz(tried, 'entries of the cache', {
    narrow: 300,
    wide: 20_000,
    values: fc.tuple(entry, wildText, fc.boolean()),
    look: async ([kind, text, isTrue]) => {
      await rm(cache, { recursive: true, force: true })
      const content = isTrue ? 'content' : text
      await mkdir(join(cache, 'blobs'), { recursive: true })
      if (kind === 'no folder') await writeFile(join(cache, 'blobs/sha256'), content)
      else await put(place, kind, content, join(box.inside, '../outside'))
      const store = new BlobStore(cache, 0, SILENT)
      const found = await store.take(digest)
      if (found !== undefined) expect(await readFile(found, 'utf8')).toBe('content')
      await writeFile(file, 'content')
      await store.keep(digest, file)
      await store.prune(1, Date.now())
      await offerPackages(cache, join(box.inside, 'shared'), SILENT)
      await prunePackages(cache, 1, Date.now(), SILENT)
    },
  })
  await fuzz(tried, 'documents of any text', {
    narrow: 1000,
    values: fc.oneof(wildText, fc.json()),
    look: (text) => parseDocument(Buffer.from(text), 'it'),
  })

  tried.add('nothing is written anywhere', await box.changes())
  await tried.finish(10_000)
})

async function put(place: string, kind: string, content: string, outside: string): Promise<void> {
  await mkdir(join(place, '..'))
  if (kind === 'file') await writeFile(place, content)
  if (kind === 'link') await symlink(join(outside, 'keep'), place)
  if (kind === 'link to a folder') await symlink(outside, place)
  if (kind === 'link to itself') await symlink(place, place)
  if (kind === 'folder' || kind === 'full folder') await mkdir(place)
  if (kind === 'full folder') await writeFile(join(place, 'x.deb'), content)
}
