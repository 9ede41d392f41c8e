import { expect, it } from 'vitest'
import { artifactTypes, diskArtifact } from '../../../src/oci/artifact.ts'
import { imageIndex } from '../../../src/oci/index/imageindex.ts'

const DIGEST = `sha256:${'a'.repeat(64)}` as const

it('leaves the artifactType to the manifest, for older versions of skopeo lose it on the way', () => {
  const artifact = diskArtifact({
    artifactType: artifactTypes.disk,
    platform: { os: 'linux', architecture: 'amd64' },
    blob: { mediaType: 'application/vnd.kiwi-oci.disk.raw', digest: DIGEST, size: 1 },
    title: 'x.raw',
    disk: { format: 'raw', virtualSizeBytes: 1, sizeBytes: 1, digest: DIGEST },
    annotations: {},
    entryAnnotations: {},
  })
  expect(artifact.manifest.artifactType).toBe(artifactTypes.disk)
  expect(imageIndex([artifact.descriptor]).index.manifests).toEqual([
    {
      mediaType: artifact.descriptor.mediaType,
      digest: artifact.descriptor.digest,
      size: artifact.descriptor.size,
      platform: { os: 'linux', architecture: 'amd64' },
    },
  ])
})
