import { describe, expect, it } from 'vitest'
import { ImageError } from '../../../src/errors.ts'
import {
  type ArtifactRequest,
  artifactTypes,
  diskArtifact,
  diskMediaType,
  titleProblem,
} from '../../../src/oci/artifact.ts'
import { parseManifest } from '../../../src/oci/manifest.ts'
import { sha256 } from './samplebase.ts'

const request: ArtifactRequest = {
  artifactType: artifactTypes.disk,
  platform: { os: 'linux', architecture: 'amd64' },
  blob: { mediaType: diskMediaType('qcow2'), digest: sha256('blob'), size: 7 },
  title: 'x.qcow2',
  disk: { format: 'qcow2', virtualSizeBytes: 1 << 20, sizeBytes: 7, digest: sha256('blob') },
  annotations: { b: '2', a: '1' },
  entryAnnotations: {},
}

describe('diskArtifact', () => {
  it('is a manifest of one blob under its title, with a config that says what it is', () => {
    const { manifest, manifestBytes, configBytes, descriptor } = diskArtifact(request)
    expect(JSON.parse(manifestBytes.toString())).toEqual({
      schemaVersion: 2,
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      artifactType: 'application/vnd.kiwi-oci.disk.v1',
      config: {
        mediaType: 'application/vnd.kiwi-oci.disk.config.v1+json',
        digest: sha256(configBytes),
        size: configBytes.length,
      },
      layers: [
        {
          mediaType: 'application/vnd.kiwi-oci.disk.qcow2',
          digest: sha256('blob'),
          size: 7,
          annotations: { 'org.opencontainers.image.title': 'x.qcow2' },
        },
      ],
      annotations: { a: '1', b: '2' },
    })
    expect(JSON.parse(configBytes.toString())).toEqual({
      architecture: 'amd64',
      os: 'linux',
      disk: { format: 'qcow2', virtualSize: 1 << 20, size: 7, digest: sha256('blob') },
      blob: sha256('blob'),
    })
    expect(descriptor).toEqual({
      mediaType: 'application/vnd.oci.image.manifest.v1+json',
      digest: sha256(manifestBytes),
      size: manifestBytes.length,
      platform: { architecture: 'amd64', os: 'linux' },
      artifactType: 'application/vnd.kiwi-oci.disk.v1',
    })
    expect(parseManifest(manifestBytes)).toEqual(manifest)
  })

  it("has podman machine's words in the entry and not in the manifest", () => {
    const { descriptor, manifest } = diskArtifact({
      ...request,
      artifactType: artifactTypes.podmanMachine,
      platform: { os: 'linux', architecture: 'x86_64' },
      annotations: {},
      entryAnnotations: { disktype: 'qemu' },
    })
    expect(descriptor.annotations).toEqual({ disktype: 'qemu' })
    expect(descriptor.platform).toEqual({ architecture: 'x86_64', os: 'linux' })
    expect(manifest).not.toHaveProperty('annotations')
  })

  it('never shares its config with one of another blob, since composefs takes them for each other', () => {
    const other = { ...request, blob: { ...request.blob, digest: sha256('the same disk, compressed') } }
    expect(diskArtifact(other).manifest.config.digest).not.toBe(diskArtifact(request).manifest.config.digest)
  })

  it.each([
    ['a title in a folder', { title: 'a/x.qcow2' }],
    ['no title', { title: '' }],
    [
      'a layer type, which composefs would unpack',
      { blob: { ...request.blob, mediaType: 'application/vnd.oci.image.layer.v1.tar+zstd' } },
    ],
    ["docker's layer type", { blob: { ...request.blob, mediaType: 'application/vnd.docker.image.rootfs.diff.tar' } }],
  ])('refuses %s', (_, change) => {
    expect(() => diskArtifact({ ...request, ...change })).toThrow(ImageError)
  })
})

describe('titleProblem', () => {
  it.each(['x', 'NAME.x86_64.qemu.qcow2.zst', '..x', 'größe.raw', 'a b'])('has none with %j', (title) => {
    expect(titleProblem(title)).toBeUndefined()
  })

  it.each(['', '.', '..', '/x', 'a/', 'a\\b', 'a\nb', 'a\0'])('has one with %j', (title) => {
    expect(titleProblem(title)).toMatch(/^its title /)
  })
})
