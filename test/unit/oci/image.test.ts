import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ImageError, RegistryError } from '../../../src/errors.ts'
import type { BaseImage } from '../../../src/oci/baseimage.ts'
import { append, type ImageFacts } from '../../../src/oci/image.ts'
import { mediaTypes } from '../../../src/oci/manifest.ts'
import { sampleBase, sha256 } from './samplebase.ts'

const layer = { mediaType: mediaTypes.layerGzip, digest: sha256('layer'), diffID: sha256('tar'), size: 5 }
const facts: ImageFacts = {
  platform: { os: 'linux', architecture: 'amd64' },
  changes: {},
  epochSeconds: 1767323045,
  createdBy: 'kiwi-oci: /disk/x',
  title: 'x',
  version: '1.2.3',
  annotations: {},
}
async function withBase(look: (base: BaseImage) => void | Promise<void>) {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'oci-'))
  await look(await sampleBase(folder.path))
}

describe('append', () => {
  it('puts the layer above those of the base, which stay as they are', async () => {
    await withBase((base) => {
      const image = append(base, layer, facts)
      const { mediaType, digest, size } = layer
      expect(image.manifest.layers).toEqual([...base.manifest.layers, { mediaType, digest, size }])
      expect(image.config.rootfs.diff_ids).toEqual([...base.config.rootfs.diff_ids, layer.diffID])
    })
  })

  it('names the base in annotations and takes none of the base', async () => {
    await withBase((base) => {
      expect(append(base, layer, facts).manifest.annotations).toEqual({
        'org.opencontainers.image.base.digest': base.digest,
        'org.opencontainers.image.base.name': 'ghcr.io/acme/base:1',
        'org.opencontainers.image.created': '2026-01-02T03:04:05Z',
        'org.opencontainers.image.title': 'x',
        'org.opencontainers.image.version': '1.2.3',
      })
    })
  })

  it('lets the annotations of the user win', () => {
    const annotations = { 'org.opencontainers.image.title': 'mine', a: 'b' }
    expect(append(undefined, layer, { ...facts, annotations }).manifest.annotations).toMatchObject(annotations)
  })

  it('says nothing of a base, title or version that is not there', () => {
    const { title: _, version: __, ...bare } = facts
    expect(append(undefined, layer, bare).manifest.annotations).toEqual({
      'org.opencontainers.image.created': '2026-01-02T03:04:05Z',
    })
  })

  it('describes the bytes of its own documents', () => {
    const { manifest, manifestBytes, configBytes, descriptor } = append(undefined, layer, facts)
    expect(descriptor).toMatchObject({ digest: sha256(manifestBytes), size: manifestBytes.length })
    expect(manifest.config).toMatchObject({ digest: sha256(configBytes), size: configBytes.length })
    expect(JSON.parse(manifestBytes.toString())).toEqual(manifest)
  })

  it('gives the same bytes for annotations and labels in another order', () => {
    const one = append(undefined, layer, {
      ...facts,
      annotations: { a: '1', b: '2' },
      changes: { labels: { a: '1', b: '2' } },
    })
    const other = append(undefined, layer, {
      ...facts,
      annotations: { b: '2', a: '1' },
      changes: { labels: { b: '2', a: '1' } },
    })
    expect(other.descriptor).toEqual(one.descriptor)
  })

  it('changes nothing of the base', async () => {
    await withBase((base) => {
      const before = structuredClone({ manifest: base.manifest, config: base.config })
      append(base, layer, { ...facts, changes: { env: { A: 'b' }, cmd: null } })
      expect({ manifest: base.manifest, config: base.config }).toEqual(before)
    })
  })

  it('refuses a base for another platform', async () => {
    await withBase((base) => {
      const arm = { ...facts, platform: { os: 'linux', architecture: 'arm64' } }
      const refusal = () => append(base, layer, arm)
      expect(refusal).toThrow(RegistryError)
      expect(refusal).toThrow('base acme-base is for linux/amd64, asked for linux/arm64')
    })
  })

  it('refuses a base whose diff IDs are not one per layer', async () => {
    await withBase((base) => {
      const config = { ...base.config, rootfs: { type: 'layers' as const, diff_ids: [] } }
      expect(() => append({ ...base, config }, layer, facts)).toThrow(
        new ImageError('image-invalid', 'the base acme-base', ['its config has 0 diff IDs for 3 layers']),
      )
    })
  })

  it('makes an OCI image of a Docker base', async () => {
    await withBase((base) => {
      const layers = base.manifest.layers.map((it) => ({ ...it, mediaType: mediaTypes.dockerLayerGzip }))
      const config = { ...base.manifest.config, mediaType: mediaTypes.dockerConfig }
      const manifest = { ...base.manifest, mediaType: mediaTypes.dockerManifest, config, layers }
      const image = append({ ...base, manifest }, layer, facts)
      expect(image.manifest.mediaType).toBe(mediaTypes.manifest)
      expect(image.manifest.config.mediaType).toBe(mediaTypes.config)
      expect(image.manifest.layers.map((it) => it.mediaType)).toEqual(Array(4).fill(mediaTypes.layerGzip))
    })
  })
})
