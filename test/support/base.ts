import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFile, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync, zstdCompressSync } from 'node:zlib'

const run = promisify(execFile)

/** A reference container of real files, made without the product: an OCI layout with three names. */
export interface Base extends AsyncDisposable {
  /** The layout; its names are `amd64`, `arm64` and `index`, which holds both. */
  readonly layout: string
  /** Digests by the names above. */
  readonly digests: Readonly<Record<'amd64' | 'arm64' | 'index', string>>
  /** Digests of the two layers, lowest first. */
  readonly layers: readonly string[]
  /** The tar archives in the layers, lowest first. */
  readonly diffIDs: readonly string[]
}

interface Blob {
  readonly digest: string
  readonly size: number
}

interface LayerBlob extends Blob {
  readonly mediaType: string
}

/**
 * Makes the base: a busybox tree as the first layer, `salt` in a file as the second.
 *
 * @param salt another text gives another base with the same first layer
 * @param compression of the layers
 * @throws Error when busybox (Debian: busybox-static) or tar is missing
 */
export async function makeBase(salt = 'one', compression: 'gzip' | 'zstd' = 'gzip'): Promise<Base> {
  const compress = compression === 'gzip' ? gzipSync : zstdCompressSync
  const folder = await mkdtemp(join(tmpdir(), 'base-'))
  const layout = join(folder, 'layout')
  await mkdir(join(layout, 'blobs', 'sha256'), { recursive: true })
  const tars = [await tarOf(join(folder, 'one'), writeBusybox), await tarOf(join(folder, 'two'), writeMark(salt))]
  const layers = await Promise.all(tars.map((tar) => layerOf(layout, compress(tar), compression)))
  const diffIDs = tars.map(digestOf)
  const amd64 = await putManifest(layout, layers, configOf({ architecture: 'amd64' }, diffIDs))
  const arm64 = await putManifest(layout, layers, configOf({ architecture: 'arm64', variant: 'v8' }, diffIDs))
  const children = [
    { ...manifestDescriptor(amd64), platform: { os: 'linux', architecture: 'amd64' } },
    { ...manifestDescriptor(arm64), platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } },
  ]
  const mediaType = 'application/vnd.oci.image.index.v1+json'
  const index = await putBlob(layout, json({ schemaVersion: 2, mediaType, manifests: children }))
  await writeIndex(layout, {
    amd64: manifestDescriptor(amd64),
    arm64: manifestDescriptor(arm64),
    index: { mediaType, ...index },
  })
  return {
    layout,
    digests: { amd64: amd64.digest, arm64: arm64.digest, index: index.digest },
    layers: layers.map((layer) => layer.digest),
    diffIDs,
    [Symbol.asyncDispose]: async () => await rm(folder, { recursive: true, force: true }),
  }
}

export interface BasePush {
  /** Which name of the layout; the index where left out. */
  readonly name?: 'amd64' | 'arm64' | 'index'
  /** `v2s2` makes Docker's media types of it; only for one platform. */
  readonly format?: 'oci' | 'v2s2'
  readonly login?: { readonly user: string; readonly password: string }
}

/** Pushes a base to `reference` (registry/repository:tag, plain HTTP) with skopeo. */
export async function pushBase(base: Base, reference: string, options: BasePush = {}): Promise<void> {
  const { name = 'index', format, login } = options
  const args = ['copy', '--quiet', '--dest-tls-verify=false', ...(name === 'index' ? ['--all'] : [])]
  if (format) args.push('--format', format)
  if (login) args.push('--dest-creds', `${login.user}:${login.password}`)
  await run('skopeo', [...args, `oci:${base.layout}:${name}`, `docker://${reference}`])
}

async function tarOf(folder: string, fill: (folder: string) => Promise<void>): Promise<Buffer> {
  await mkdir(folder, { recursive: true })
  await fill(folder)
  const owner = ['--owner=0', '--group=0', '--numeric-owner', '--mtime=@0', '--sort=name']
  const options = { encoding: 'buffer', maxBuffer: 64 * 1024 * 1024 } as const
  return (await run('tar', ['-C', folder, ...owner, '-cf', '-', '.'], options)).stdout
}

async function writeBusybox(folder: string): Promise<void> {
  const { stdout } = await run('sh', ['-c', 'command -v busybox']).catch(() => {
    throw new Error('busybox is missing: install busybox-static')
  })
  for (const name of ['bin', 'etc', 'tmp', 'root']) await mkdir(join(folder, name))
  await copyFile(stdout.trim(), join(folder, 'bin', 'busybox'))
  for (const name of ['sh', 'ls', 'cat', 'cp']) await symlink('busybox', join(folder, 'bin', name))
  await writeFile(join(folder, 'etc', 'passwd'), 'root:x:0:0:root:/root:/bin/sh\n')
}

function writeMark(salt: string): (folder: string) => Promise<void> {
  return async (folder) => {
    await mkdir(join(folder, 'etc'))
    await writeFile(join(folder, 'etc', 'base-release'), `${salt}\n`.repeat(1000))
  }
}

function configOf(platform: { architecture: string; variant?: string }, diffIDs: readonly string[]): object {
  return {
    created: '2026-01-02T03:04:05Z',
    author: 'the base',
    ...platform,
    os: 'linux',
    config: {
      Entrypoint: ['/bin/sh', '-c'],
      Cmd: ['ls'],
      Env: ['PATH=/bin', 'BASE=yes'],
      Labels: { 'org.example.base': 'yes' },
      WorkingDir: '/root',
    },
    rootfs: { type: 'layers', diff_ids: diffIDs },
    history: [
      { created: '2026-01-02T03:04:05Z', created_by: 'busybox' },
      { created: '2026-01-02T03:04:05Z', created_by: 'ENV', empty_layer: true },
      { created: '2026-01-02T03:04:05Z', created_by: 'mark' },
    ],
  }
}

async function layerOf(layout: string, bytes: Buffer, compression: string): Promise<LayerBlob> {
  return { mediaType: `application/vnd.oci.image.layer.v1.tar+${compression}`, ...(await putBlob(layout, bytes)) }
}

async function putManifest(layout: string, layers: readonly LayerBlob[], config: object): Promise<Blob> {
  const manifest = {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...(await putBlob(layout, json(config))) },
    layers,
  }
  return await putBlob(layout, json(manifest))
}

function manifestDescriptor(blob: Blob) {
  return { mediaType: 'application/vnd.oci.image.manifest.v1+json', ...blob }
}

async function writeIndex(layout: string, named: Readonly<Record<string, object>>): Promise<void> {
  const manifests = Object.entries(named).map(([name, descriptor]) => ({
    ...descriptor,
    annotations: { 'org.opencontainers.image.ref.name': name },
  }))
  await writeFile(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  await writeFile(join(layout, 'index.json'), json({ schemaVersion: 2, manifests }))
}

async function putBlob(layout: string, bytes: Buffer): Promise<Blob> {
  const digest = digestOf(bytes)
  await writeFile(join(layout, 'blobs', digest.replace(':', '/')), bytes)
  return { digest, size: bytes.length }
}

function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value))
}
