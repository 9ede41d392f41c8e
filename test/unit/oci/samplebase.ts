import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import type { BaseImage } from '../../../src/oci/baseimage.ts'
import type { ImageConfig } from '../../../src/oci/container/config.ts'
import type { Digest } from '../../../src/oci/digest.ts'
import { type Manifest, mediaTypes } from '../../../src/oci/manifest.ts'

export const sha256 = (bytes: Uint8Array | string): Digest =>
  `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/** What the layers of the sample hold; nothing unpacks them, so it is no tar. */
export const baseContents = ['the lowest layer', 'the layer above', 'the uppermost layer'] as const

/** A base of three layers in files: gzip of two members, zstd of two frames, plain. */
export async function sampleBase(folder: string, changes: Partial<ImageConfig> = {}): Promise<BaseImage> {
  const [lowest, above, uppermost] = baseContents
  const cut = 7
  const layers = [
    {
      mediaType: mediaTypes.layerGzip,
      bytes: Buffer.concat([gzipSync(lowest.slice(0, cut)), gzipSync(lowest.slice(cut))]),
    },
    {
      mediaType: mediaTypes.layerZstd,
      bytes: Buffer.concat([zstdCompressSync(above.slice(0, cut)), zstdCompressSync(above.slice(cut))]),
    },
    { mediaType: mediaTypes.layer, bytes: Buffer.from(uppermost) },
  ]
  await mkdir(folder, { recursive: true })
  const blobs = new Map<Digest, string>()
  for (const [position, { bytes }] of layers.entries()) {
    const file = join(folder, `layer${position}`)
    await writeFile(file, bytes)
    blobs.set(sha256(bytes), file)
  }
  const config: ImageConfig = {
    created: '2026-01-02T03:04:05Z',
    architecture: 'amd64',
    os: 'linux',
    config: {
      Env: ['PATH=/bin', 'BASE=yes'],
      Entrypoint: ['/bin/sh', '-c'],
      Cmd: ['ls'],
      Labels: { base: 'yes' },
      Healthcheck: { Test: ['NONE'] },
    },
    rootfs: { type: 'layers', diff_ids: baseContents.map(sha256) },
    history: [
      { created_by: 'one' },
      { created_by: 'ENV', empty_layer: true },
      { created_by: 'two' },
      { created_by: 'three' },
    ],
    'docker.only': { kept: true },
    ...changes,
  }
  const configBytes = Buffer.from(JSON.stringify(config))
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: { mediaType: mediaTypes.config, digest: sha256(configBytes), size: configBytes.length },
    layers: layers.map(({ mediaType, bytes }) => ({ mediaType, digest: sha256(bytes), size: bytes.length })),
    annotations: { 'org.opencontainers.image.source': 'https://example.org/base' },
  }
  const named = { name: 'acme-base', publishedName: 'ghcr.io/acme/base:1' }
  return { manifest, config, blobs, ...named, digest: sha256(JSON.stringify(manifest)) }
}
