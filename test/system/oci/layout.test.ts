import { execFile } from 'node:child_process'
import { mkdir, mkdtempDisposable, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { BaseImage } from '../../../src/oci/baseimage.ts'
import { parseConfig } from '../../../src/oci/container/config.ts'
import { digestOf } from '../../../src/oci/digest.ts'
import { writeDiskLayer } from '../../../src/oci/layer/layer.ts'
import { parseManifest } from '../../../src/oci/manifest.ts'
import { tarHeader } from '../../../src/oci/tar/tar.ts'
import { makeBase } from '../../support/base.ts'
import { runAsRoot } from '../../support/root.ts'
import { type WrapRequest, wrapDisk } from '../../support/wrapped.ts'

const run = promisify(execFile)
const EPOCH = 1767323045

async function workspace() {
  const folder = await mkdtempDisposable(join(tmpdir(), 'oci-'))
  const path = join(folder.path, 'x.qcow2')
  await writeFile(path, Buffer.alloc(3_000_001, 'a disk'))
  const layout = join(folder.path, 'layout')
  const request: WrapRequest = {
    disk: path,
    pathInImage: '/disk/x.qcow2',
    platform: { os: 'linux', architecture: 'amd64' },
    changes: { labels: { 'org.example.disk': 'yes' }, entrypoint: ['no-entrypoint'] },
    annotations: {},
    compression: { algorithm: 'gzip' },
    epochSeconds: EPOCH,
    layoutFolder: layout,
  }
  const skopeo = async (...args: string[]) => (await run('skopeo', args)).stdout
  return {
    folder: folder.path,
    path,
    layout,
    request,
    skopeo,
    [Symbol.asyncDispose]: async () => await folder.remove(),
  }
}

/** A base from a folder that skopeo wrote as `dir:`. */
async function baseIn(folder: string): Promise<BaseImage> {
  const file = (digest: string) => join(folder, digest.slice(7))
  const bytes = await readFile(join(folder, 'manifest.json'))
  const manifest = parseManifest(bytes)
  return {
    manifest,
    config: parseConfig(await readFile(file(manifest.config.digest))),
    blobs: new Map(manifest.layers.map(({ digest }) => [digest, file(digest)])),
    name: 'base',
    publishedName: 'ghcr.io/acme/base:1',
    digest: digestOf(bytes),
  }
}

describe('skopeo', () => {
  it.each(['gzip', 'zstd', 'none'] as const)(
    'reads a layout with a layer of %s and keeps its digest',
    async (algorithm) => {
      await using work = await workspace()
      const wrapped = await wrapDisk({ ...work.request, compression: { algorithm } })
      const inspected = JSON.parse(await work.skopeo('inspect', `oci:${work.layout}:latest`))
      expect(inspected).toMatchObject({
        Digest: wrapped.digest,
        Created: '2026-01-02T03:04:05Z',
        Architecture: 'amd64',
        Os: 'linux',
        Labels: { 'org.example.disk': 'yes' },
        Layers: [wrapped.layer.digest],
      })
      const copy = join(work.folder, 'copy')
      await work.skopeo('copy', '--quiet', '--preserve-digests', `oci:${work.layout}:latest`, `dir:${copy}`)
      const digest = await run('sha256sum', [join(copy, 'manifest.json')])
      expect(`sha256:${digest.stdout.slice(0, 64)}`).toBe(wrapped.digest)
      expect((await readdir(copy)).sort()).toContain(wrapped.layer.digest.slice(7))
    },
  )

  it('makes a docker-archive of it, for which it decompresses and checks the diff ID', async () => {
    await using work = await workspace()
    await wrapDisk(work.request)
    const archive = join(work.folder, 'archive.tar')
    await work.skopeo('copy', '--quiet', `oci:${work.layout}:latest`, `docker-archive:${archive}:acme/x:1`)
    expect((await stat(archive)).size).toBeGreaterThan(3_000_000)
  })
})

describe('a disk on a base of real files', () => {
  it.each(['oci', 'v2s2'])('that skopeo fetched as %s is unpacked by umoci with both', async (format) => {
    await using work = await workspace()
    await using base = await makeBase()
    const fetched = join(work.folder, 'base')
    await work.skopeo('copy', '--quiet', '--format', format, `oci:${base.layout}:amd64`, `dir:${fetched}`)
    const wrapped = await wrapDisk({ ...work.request, base: await baseIn(fetched) })

    const inspected = JSON.parse(await work.skopeo('inspect', `oci:${work.layout}:latest`))
    expect(inspected.Layers).toEqual([...base.layers, wrapped.layer.digest])
    expect(inspected.Labels).toEqual({ 'org.example.base': 'yes', 'org.example.disk': 'yes' })
    expect(inspected.Env).toEqual(['PATH=/bin', 'BASE=yes'])
    const bundle = join(work.folder, 'bundle')
    const rootless = process.getuid?.() === 0 ? [] : ['--rootless']
    await run('umoci', ['unpack', ...rootless, '--image', `${work.layout}:latest`, bundle])
    const disk = join(bundle, 'rootfs', 'disk', 'x.qcow2')
    expect((await readFile(disk)).equals(await readFile(work.path))).toBe(true)
    expect([(await stat(disk)).mode & 0o7777, (await stat(disk)).mtimeMs]).toEqual([0o444, EPOCH * 1000])
    expect(await readFile(join(bundle, 'rootfs', 'etc', 'base-release'), 'utf8')).toMatch(/^one\n/)
    // What nobody may write to, only root can remove.
    await run('chmod', ['-R', 'u+w', bundle])
  })

  it('loses nothing to umoci gc and has the history that umoci counts', async () => {
    await using work = await workspace()
    const { layer } = await wrapDisk(work.request)
    const blobs = join(work.layout, 'blobs', 'sha256')
    const before = await readdir(blobs)
    const { stdout } = await run('umoci', ['stat', '--json', '--image', `${work.layout}:latest`])
    const { history } = JSON.parse(stdout)
    expect(history).toHaveLength(1)
    expect(history[0]).toMatchObject({ created_by: 'kiwi-oci: /disk/x.qcow2', layer: { digest: layer.digest } })
    await run('umoci', ['gc', '--layout', work.layout])
    expect(await readdir(blobs)).toEqual(before)
  })
})

describe('tar', () => {
  const GIB = 1024 ** 3

  it.each([8 * GIB - 1, 8 * GIB, 8 * GIB + 1, 100 * GIB])('reads a header for %i bytes', async (sizeBytes) => {
    await using work = await workspace()
    const entry = { mode: 0o444, uid: 107, gid: 107, mtimeSeconds: EPOCH }
    const large = tarHeader({ ...entry, kind: 'file', path: 'disk/größe.raw', sizeBytes })
    const archive = join(work.folder, 'large.tar')
    await writeFile(archive, large)
    // A hole stands for the content: nothing of this size is written or read.
    const end = large.length + Math.ceil(sizeBytes / 512) * 512
    await truncate(archive, end + 1024)
    const options = { env: { ...process.env, LC_ALL: 'C.UTF-8', TZ: 'UTC' } }
    const { stdout } = await run('tar', ['--numeric-owner', '-tvf', archive], options)
    expect(stdout.trim().split(/\s+/)).toEqual([
      '-r--r--r--',
      '107/107',
      `${sizeBytes}`,
      '2026-01-02',
      '03:04',
      'disk/größe.raw',
    ])
  })
})

describe('a full disk', () => {
  it('is told in the words of the user and leaves nothing of the layer', async () => {
    await using work = await workspace()
    const blobs = join(work.folder, 'small')
    await mkdir(blobs)
    await runAsRoot('mount', '-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', blobs)
    try {
      const options = { compression: { algorithm: 'none' }, epochSeconds: EPOCH, blobs, hasBase: false } as const
      const writing = writeDiskLayer({ source: work.path, path: '/disk/x' }, options)
      await expect(writing).rejects.toThrow(
        /^no space is left in .*: free some, or choose another place with work-dir, export or TMPDIR$/,
      )
      expect(await readdir(blobs)).toEqual([])
    } finally {
      await runAsRoot('umount', blobs)
    }
  })
})
