import { describe, expect, it } from 'vitest'
import { ImageError } from '../../../src/errors.ts'
import { parseIndex } from '../../../src/oci/index/index.ts'
import { type Manifest, mediaTypes, ociManifestFrom, parseManifest } from '../../../src/oci/manifest.ts'
import { coded } from '../../support/coded.ts'
import { sha256 } from './samplebase.ts'

const config = { mediaType: mediaTypes.config, digest: sha256('config'), size: 6 }
const layer = { mediaType: mediaTypes.layerGzip, digest: sha256('layer'), size: 5 }
const valid = { schemaVersion: 2, mediaType: mediaTypes.manifest, config, layers: [layer] }
const bytes = (value: unknown) => Buffer.from(JSON.stringify(value))
const violationsOf = (parse: () => unknown): readonly string[] => {
  try {
    parse()
  } catch (error) {
    if (error instanceof ImageError) return error.violations
    throw error
  }
  return []
}
const refusal = (value: unknown, mediaType?: string) => violationsOf(() => parseManifest(bytes(value), mediaType))

describe('parseManifest', () => {
  it('takes an OCI manifest and leaves out members it does not know', () => {
    expect(parseManifest(bytes({ ...valid, extra: 1, annotations: { a: 'b' } }))).toEqual({
      ...valid,
      annotations: { a: 'b' },
    })
  })

  it('takes one without mediaType, as older umoci writes it', () => {
    const { mediaType: _, ...bare } = valid
    expect(parseManifest(bytes(bare), mediaTypes.manifest)).toEqual(valid)
    expect(parseManifest(bytes(bare))).toEqual(valid)
  })

  it.each([
    ['schema 1', { ...valid, schemaVersion: 1 }, 'its schemaVersion is not 2'],
    ['members of an index', { ...valid, manifests: [] }, 'it has manifests, which no manifest has'],
    ['members of schema 1', { ...valid, fsLayers: [] }, 'it has fsLayers, which no manifest has'],
    [
      'a traversing digest',
      { ...valid, layers: [{ ...layer, digest: 'sha256:../../x' }] },
      'layer 1 has no sha256 digest',
    ],
    [
      'a sha512 digest',
      { ...valid, config: { ...config, digest: `sha512:${'a'.repeat(128)}` } },
      'its config has no sha256 digest',
    ],
    ['a negative size', { ...valid, layers: [{ ...layer, size: -1 }] }, 'layer 1 has no size in bytes'],
    ['a size that is no integer', { ...valid, layers: [{ ...layer, size: 1.5 }] }, 'layer 1 has no size in bytes'],
    [
      'urls',
      { ...valid, layers: [{ ...layer, urls: ['http://x'] }] },
      'layer 1 has urls: content that is not in the registry is never fetched',
    ],
    ['no layers', { ...valid, layers: undefined }, 'it has no layers'],
    ['no config', { ...valid, config: undefined }, 'its config is not a descriptor'],
    [
      'annotations that are no texts',
      { ...valid, annotations: { a: 1 } },
      'it has annotations that are no mapping of texts',
    ],
    ['an index', { ...valid, mediaType: mediaTypes.index }, `its media type ${mediaTypes.index} is not supported`],
  ])('refuses %s', (_, value, violation) => {
    expect(refusal(value)).toEqual([violation])
  })

  it('refuses a media type other than the announced one', () => {
    expect(refusal(valid, mediaTypes.dockerManifest)).toEqual([
      `its mediaType is ${mediaTypes.manifest}, but it was announced as ${mediaTypes.dockerManifest}`,
    ])
  })

  it('takes 500 layers and refuses 501', () => {
    expect(refusal({ ...valid, layers: Array(500).fill(layer) })).toEqual([])
    expect(refusal({ ...valid, layers: Array(501).fill(layer) })).toEqual(['it has 501 layers, more than 500'])
  })

  it('is told as no document, or as an invalid one', () => {
    expect(() => parseManifest(Buffer.from('<html>'))).toThrow(coded('image-document', 'it is not JSON'))
    expect(() => parseManifest(bytes({ ...valid, schemaVersion: 1 }))).toThrow(coded('image-invalid', 'schemaVersion'))
  })

  it('takes 4 MiB and refuses a byte more', () => {
    const size = 4 * 1024 * 1024
    const text = JSON.stringify(valid)
    expect(violationsOf(() => parseManifest(Buffer.from(text.padEnd(size))))).toEqual([])
    expect(violationsOf(() => parseManifest(Buffer.from(text.padEnd(size + 1))))).toEqual([
      `it has ${size + 1} bytes, more than 4 MiB`,
    ])
  })

  it('takes a depth of 64 and refuses 65, brackets in texts not counted', () => {
    const nested = (depth: number) =>
      `{"schemaVersion":2,"x":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)},"y":"\\"[[[["}`
    expect(violationsOf(() => parseManifest(Buffer.from(nested(64))))).not.toContain(
      'its JSON is nested deeper than 64',
    )
    expect(violationsOf(() => parseManifest(Buffer.from(nested(65))))).toEqual(['its JSON is nested deeper than 64'])
  })

  it.each([
    ['cut JSON', Buffer.from('{"schemaVersion":2')],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0xff, 0x7d])],
    ['a byte order mark', Buffer.from('\ufeff{}')],
    ['a list', Buffer.from('[]')],
    ['nothing', Buffer.alloc(0)],
  ])('refuses %s', (_, given) => {
    expect(violationsOf(() => parseManifest(given))).toHaveLength(1)
  })
})

describe('ociManifestFrom', () => {
  const docker = (mediaType: string): Manifest => ({
    schemaVersion: 2,
    mediaType: mediaTypes.dockerManifest,
    config: { ...config, mediaType: mediaTypes.dockerConfig },
    layers: [{ ...layer, mediaType }],
  })

  it.each([
    [mediaTypes.dockerLayer, mediaTypes.layer],
    [mediaTypes.dockerLayerGzip, mediaTypes.layerGzip],
    [mediaTypes.dockerLayerZstd, mediaTypes.layerZstd],
  ])('calls %s %s and keeps digests', (from, to) => {
    expect(ociManifestFrom(parseManifest(bytes(docker(from))))).toEqual({
      ...valid,
      layers: [{ ...layer, mediaType: to }],
    })
  })

  it('leaves an OCI manifest as it is', () => {
    expect(ociManifestFrom(parseManifest(bytes(valid)))).toEqual(valid)
  })

  it.each([
    'application/vnd.docker.image.rootfs.foreign.diff.tar.gzip',
    'application/vnd.oci.image.layer.nondistributable.v1.tar+gzip',
  ])('refuses the foreign layer %s, with and without urls', (mediaType) => {
    const violation = ['layer 1 is a foreign layer, which must not be distributed: choose another base']
    expect(violationsOf(() => ociManifestFrom(docker(mediaType)))).toEqual(violation)
    expect(refusal({ ...valid, layers: [{ ...layer, mediaType, urls: ['http://x'] }] })).toEqual(violation)
  })

  it('refuses unknown layers and artifacts', () => {
    const artifact = {
      ...docker('application/zstd'),
      config: { ...config, mediaType: 'application/vnd.oci.empty.v1+json' },
    }
    expect(violationsOf(() => ociManifestFrom(artifact))).toEqual([
      'it is an artifact (config application/vnd.oci.empty.v1+json), not a container image',
      'layer 1 has the media type application/zstd, which is no layer of a container image',
    ])
  })
})

describe('parseIndex', () => {
  const entry = {
    mediaType: mediaTypes.manifest,
    digest: sha256('m'),
    size: 1,
    platform: { os: 'linux', architecture: 'amd64' },
  }
  const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [entry] }
  const indexRefusal = (value: unknown) => violationsOf(() => parseIndex(bytes(value)))

  it('takes an index and a Docker list', () => {
    expect(parseIndex(bytes(index), mediaTypes.index)).toEqual(index)
    const list = { ...index, mediaType: mediaTypes.dockerList }
    expect(parseIndex(bytes(list))).toEqual(list)
  })

  it.each([
    [
      'members of a manifest',
      { ...index, config: {}, layers: [] },
      ['it has config, which no index has', 'it has layers, which no index has'],
    ],
    ['no manifests', { ...index, manifests: undefined }, ['it has no manifests']],
    ['501 entries', { ...index, manifests: Array(501).fill(entry) }, ['it has 501 entries, more than 500']],
    [
      'half a platform',
      { ...index, manifests: [{ ...entry, platform: { os: 'linux' } }] },
      ['entry 1 has a platform without os and architecture'],
    ],
    [
      'a broken media type',
      { ...index, manifests: [{ ...entry, mediaType: 'x' }] },
      ['entry 1 has no valid mediaType'],
    ],
  ])('refuses %s', (_, value, violations) => {
    expect(indexRefusal(value)).toEqual(violations)
  })
})
