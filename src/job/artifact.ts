import { annotationsFor, DISK_TYPE_ANNOTATION } from '../oci/annotations.ts'
import { artifactTypes, diskArtifact, diskMediaType, ZSTD_BLOB } from '../oci/artifact.ts'
import { defaultAnnotations } from '../oci/image.ts'
import { type DiskType, machineArchitecture } from '../oci/kind.ts'
import { writeDiskBlob } from '../oci/layer/diskblob.ts'
import type { Compression } from '../oci/packing/compression.ts'
import type { Platform } from '../oci/platform.ts'
import { type Layout, putBlob } from '../oci/store/layout.ts'
import type { ReadyDisk } from './disk.ts'
import type { ChildFacts, WrittenChild } from './wrap.ts'

export interface ArtifactWriting extends ChildFacts {
  readonly disk: ReadyDisk
  /** What the blob is called as a file. */
  readonly fileName: string
  readonly compression: Compression
  /** The machines of podman that it is for; left out for a disk as it is. */
  readonly diskType?: DiskType
}

/**
 * Writes a disk as an artifact: one blob under its name. The same disk, request and time give the same digest.
 *
 * @throws HostError when the disk file changes meanwhile or there is no space; ImageError for a name that no file can
 *   have; AbortError after `signal`
 */
export async function writeArtifact(layout: Layout, request: ArtifactWriting): Promise<WrittenChild> {
  const { disk, fileName, compression, diskType, annotations, platform, signal } = request
  const options = { compression, blobs: layout.blobs, ...(signal === undefined ? {} : { signal }) }
  const { digest, size, contentDigest } = await writeDiskBlob(disk.file, options)
  const { format, virtualSizeBytes, sizeBytes } = disk
  const artifact = diskArtifact({
    artifactType: diskType === undefined ? artifactTypes.disk : artifactTypes.podmanMachine,
    platform: diskType === undefined ? platform : machinePlatform(platform),
    blob: { mediaType: diskType === undefined ? diskMediaType(format) : ZSTD_BLOB, digest, size },
    title: fileName,
    disk: { format, virtualSizeBytes, sizeBytes, digest: contentDigest },
    annotations: defaultAnnotations({ ...request, annotations: annotationsFor(annotations, 'manifest', platform) }),
    entryAnnotations: {
      ...annotationsFor(annotations, 'manifest-descriptor', platform),
      ...(diskType === undefined ? {} : { [DISK_TYPE_ANNOTATION]: diskType }),
    },
  })
  await putBlob(layout, artifact.configBytes)
  await putBlob(layout, artifact.manifestBytes)
  return { descriptor: artifact.descriptor, blob: { digest, size } }
}

/** podman pkg/machine/ocipull/source.go: the kernel's names, without variant. */
function machinePlatform(platform: Platform): Platform {
  const architecture = machineArchitecture(platform)
  if (architecture === undefined) throw new Error(`podman machine on ${platform.architecture}`)
  return { os: 'linux', architecture }
}
