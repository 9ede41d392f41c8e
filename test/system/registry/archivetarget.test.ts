import { execFile } from 'node:child_process'
import { copyFile, cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { blobPath } from '../../../src/oci/store/layout.ts'
import { layoutViolations } from '../../../src/oci/store/validate.ts'
import type { ExportSource } from '../../../src/registry/target/export.ts'
import { type Base, makeBase } from '../../support/base.ts'
import { runAsRoot } from '../../support/root.ts'
import { digestAt, type Exporting, entriesIn, exporting, NAMES, REF_NAME, sourceOf } from './exporting.ts'

let base: Base
let zstd: Base
let here: Exporting

beforeAll(async () => {
  base = await makeBase()
  zstd = await makeBase('one', 'zstd')
})
afterAll(async () => {
  await base?.[Symbol.asyncDispose]()
  await zstd?.[Symbol.asyncDispose]()
})
beforeEach(async () => {
  here = await exporting()
})
afterEach(() => here[Symbol.asyncDispose]())

const at = (...parts: string[]) => join(here.folder, ...parts)
const run = promisify(execFile)

/** Takes an archive apart with tar(1). @returns the folder */
async function unpacked(archive: string): Promise<string> {
  await mkdir(at('unpacked'))
  await run('tar', ['-C', at('unpacked'), '-xf', at(archive)])
  return at('unpacked')
}

async function text(...parts: string[]): Promise<string> {
  return await readFile(join(...parts), 'utf8')
}

/** An image of which a byte is wrong, found when nearly all is written. */
async function damaged(): Promise<ExportSource> {
  await cp(base.layout, at('damaged'), { recursive: true })
  const blob = blobPath(at('damaged'), base.layers[1] as `sha256:${string}`)
  const bytes = await readFile(blob)
  bytes[20] = (bytes[20] ?? 0) ^ 1
  await writeFile(blob, bytes)
  return { ...(await sourceOf(base)), layout: at('damaged') }
}

describe('an oci-archive: export', () => {
  it.each(['gzip', 'zstd'])('is read by skopeo with our digest and its %s layers', async (compression) => {
    const image = compression === 'gzip' ? base : zstd
    await here.write('oci-archive:@/image.tar:1.0', await sourceOf(image))
    expect(await digestAt(`oci-archive:${at('image.tar')}`)).toBe(image.digests.amd64)
    expect(await digestAt(`oci-archive:${at('image.tar')}:1.0`)).toBe(image.digests.amd64)
    await run('skopeo', ['copy', '--quiet', `oci-archive:${at('image.tar')}:1.0`, `dir:${at('whole')}`])
  })

  it('unpacks to a valid layout with platform and names, which umoci takes', async () => {
    await here.write('oci-archive:@/image.tar', await sourceOf(base, { names: NAMES }))
    const layout = await unpacked('image.tar')
    const platform = { os: 'linux', architecture: 'amd64' }
    const named = (name: string) => ({ digest: base.digests.amd64, platform, annotations: { [REF_NAME]: name } })
    expect(entriesIn(await text(layout, 'index.json'))).toMatchObject(['1.0', 'latest', 'other:2'].map(named))
    expect(await layoutViolations(layout)).toEqual([])
    const { stdout } = await run('umoci', ['ls', '--layout', layout])
    expect(stdout.trim().split('\n').toSorted()).toEqual(['1.0', 'latest', 'other:2'])
    await run('umoci', ['unpack', '--rootless', '--image', `${layout}:1.0`, at('bundle')])
    expect(await readdir(at('bundle', 'rootfs', 'etc'))).toEqual(['base-release', 'passwd'])
  })

  it('is the same archive from the same image', async () => {
    await here.write('oci-archive:@/one.tar:x', await sourceOf(base))
    await here.write('oci-archive:@/two.tar:x', await sourceOf(base))
    expect(await readFile(at('one.tar'))).toEqual(await readFile(at('two.tar')))
  })
})

describe('a docker-archive: export', () => {
  it('has the names in RepoTags, whole, and our config', async () => {
    await here.write('docker-archive:@/image.tar', await sourceOf(base, { names: NAMES }))
    const [manifest] = JSON.parse(await text(await unpacked('image.tar'), 'manifest.json'))
    expect(manifest.RepoTags).toEqual(['docker.io/acme/x:1.0', 'docker.io/acme/x:latest', 'docker.io/library/other:2'])
    const { stdout } = await run('skopeo', ['inspect', '--config', '--raw', `docker-archive:${at('image.tar')}`])
    const ours = await run('skopeo', ['inspect', '--config', '--raw', `oci:${base.layout}:amd64`])
    expect(stdout).toBe(ours.stdout)
  })

  it('has the name that the destination gives, and no other', async () => {
    await here.write('docker-archive:@/image.tar:localhost:5000/mine', await sourceOf(base, { names: NAMES }))
    const [manifest] = JSON.parse(await text(await unpacked('image.tar'), 'manifest.json'))
    expect(manifest.RepoTags).toEqual(['localhost:5000/mine:latest'])
  })

  it('is an OCI archive too, with our digest', async () => {
    await here.write('docker-archive:@/image.tar:x', await sourceOf(base))
    expect(await digestAt(`oci-archive:${at('image.tar')}:docker.io/library/x:latest`)).toBe(base.digests.amd64)
    expect(here.access.report.lines).toEqual([expect.stringMatching(/another digest and no annotations/)])
  })

  it('has gzip in place of zstd layers, of the same content, and the log says so', async () => {
    await here.write('docker-archive:@/image.tar:x', await sourceOf(zstd))
    const layout = await unpacked('image.tar')
    const violations = await layoutViolations(layout)
    expect(violations).toEqual([])
    const [{ digest }] = entriesIn(await text(layout, 'index.json')) as [{ digest: string }]
    const manifest = JSON.parse(await text(blobPath(layout, digest as `sha256:${string}`)))
    const type = 'application/vnd.oci.image.layer.v1.tar+gzip'
    expect(manifest.layers).toEqual([
      expect.objectContaining({ mediaType: type }),
      expect.objectContaining({ mediaType: type }),
    ])
    const { config } = JSON.parse(await text(blobPath(zstd.layout, zstd.digests.amd64 as `sha256:${string}`)))
    expect(manifest.config).toEqual(config)
    await run('skopeo', ['copy', '--quiet', `docker-archive:${at('image.tar')}`, `dir:${at('whole')}`])
    expect(here.access.report.lines[0]).toBe(
      `Docker's format takes no zstd layers: for docker they become gzip, and the digest ${digest} instead of ${zstd.digests.amd64}`,
    )
    expect((await readdir(here.access.tmpFolder)).filter((name) => name.startsWith('gzip-'))).toEqual([])
  })
})

describe('several exports', () => {
  it('carry one digest, and docker has one form for all its targets', async () => {
    const texts = ['oci:@/layout:1', 'oci-archive:@/oci.tar:1', 'dir:@/folder']
    await here.write([...texts, 'docker-archive:@/one.tar:x', 'docker-archive:@/two.tar:x'], await sourceOf(zstd))
    for (const text of texts) expect(await digestAt(text.replace('@', here.folder))).toBe(zstd.digests.amd64)
    expect(await readFile(at('one.tar'))).toEqual(await readFile(at('two.tar')))
    expect(here.access.report.lines.filter((line) => line.startsWith("Docker's format takes no zstd"))).toHaveLength(1)
  })
})

describe.each(['oci-archive', 'docker-archive'])('an %s: export', (transport) => {
  it('replaces an archive that is there, and leaves no temporary file', async () => {
    await writeFile(at('image.tar'), 'old')
    await here.write(`${transport}:@/image.tar:x`, await sourceOf(base))
    expect(await readdir(here.folder)).toEqual(['image.tar'])
    await digestAt(`${transport}:${at('image.tar')}`)
  })

  it('keeps the old archive when a blob is damaged', async () => {
    const image = await damaged()
    await writeFile(at('image.tar'), 'old')
    await expect(here.write(`${transport}:@/image.tar:x`, image)).rejects.toThrow(
      `the blob ${base.layers[1]} is not a valid OCI image`,
    )
    expect(await readdir(here.folder)).toEqual(['damaged', 'image.tar'])
    expect(await text(at('image.tar'))).toBe('old')
  })

  it('leaves nothing when it is canceled', async () => {
    const canceled = here.write(`${transport}:@/image.tar:x`, await sourceOf(base), { signal: AbortSignal.abort() })
    await expect(canceled).rejects.toMatchObject({ name: 'AbortError' })
    expect(await readdir(here.folder)).toEqual([])
  })

  it('leaves nothing on a disk that is full', async () => {
    await mkdir(at('small'))
    await runAsRoot('mount', '-t', 'tmpfs', '-o', 'size=512k,mode=777', 'tmpfs', at('small'))
    try {
      await expect(here.write(`${transport}:@/small/image.tar:x`, await sourceOf(base))).rejects.toThrow(
        /^no space is left in .*small: free some/,
      )
      expect(await readdir(at('small'))).toEqual([])
    } finally {
      await runAsRoot('umount', at('small'))
    }
  })
})

it('an image whose manifest was changed is not exported', async () => {
  await cp(base.layout, at('changed'), { recursive: true })
  const manifest = blobPath(at('changed'), base.digests.amd64 as `sha256:${string}`)
  await copyFile(blobPath(at('changed'), base.digests.arm64 as `sha256:${string}`), manifest)
  const source = { ...(await sourceOf(base)), layout: at('changed') }
  await expect(here.write('oci-archive:@/image.tar:x', source)).rejects.toThrow(/it was changed/)
})
