import { ImageError } from '../errors.ts'
import { annotationsMember, type Descriptor } from './descriptor.ts'
import { type Digest, digestOf } from './digest.ts'
import { documentBytes } from './document.ts'
import { type Manifest, mediaTypes } from './manifest.ts'
import type { Platform } from './platform.ts'

/** What an artifact of ours is; image-spec manifest.md, "Guidelines for Artifact Usage". */
export const artifactTypes = {
  /** A disk as a file. */
  disk: 'application/vnd.kiwi-oci.disk.v1',
  podmanMachine: 'application/vnd.kiwi-oci.podman-machine.v1',
} as const

/** Of the config of every artifact of ours. */
export const DISK_CONFIG = 'application/vnd.kiwi-oci.disk.config.v1+json'
/** Of a disk compressed by zstd; RFC 8878, section 7.1. */
export const ZSTD_BLOB = 'application/zstd'
/** Valid on a layer: the name of the file that it is; image-spec annotations.md. */
export const TITLE = 'org.opencontainers.image.title'

/** Media type of a disk that is a blob as it is: `application/vnd.kiwi-oci.disk.qcow2`. */
export function diskMediaType(format: string): string {
  return `application/vnd.kiwi-oci.disk.${format}`
}

export interface ArtifactRequest {
  readonly artifactType: string
  /** As the entry of an index says it: podman machine has names of its own for architectures. */
  readonly platform: Platform
  readonly blob: Descriptor
  /** The name under which the blob becomes a file, without folders. */
  readonly title: string
  /** The disk in the blob, which may be compressed. */
  readonly disk: {
    readonly format: string
    readonly virtualSizeBytes: number
    readonly sizeBytes: number
    readonly digest: Digest
  }
  /** Of the manifest. */
  readonly annotations: Readonly<Record<string, string>>
  /** Of the descriptor in an index: podman machine reads `disktype` there. */
  readonly entryAnnotations: Readonly<Record<string, string>>
}

/** An artifact as it will be written: the documents, their bytes, and the descriptor that names it. */
export interface Artifact {
  readonly manifest: Manifest
  readonly manifestBytes: Buffer
  readonly configBytes: Buffer
  /** Of the manifest, with platform, artifactType and the entry's annotations. */
  readonly descriptor: Descriptor
}

/**
 * A disk as an OCI artifact: one blob under its file name. The config names the blob, so that no two of different blobs
 * share one: composefs-rs takes an artifact for another with the same config (composefs-oci, skopeo.rs, 2026-08).
 *
 * @throws ImageError when `titleProblem` has one, or the blob's media type says it is a tar, which composefs would unpack
 */
export function diskArtifact(request: ArtifactRequest): Artifact {
  const { artifactType, platform, title, disk } = request
  const { mediaType, digest, size } = request.blob
  const isTar = isTarType(mediaType) ? `its media type ${mediaType} says it is a tar` : undefined
  const problems = [titleProblem(title), isTar].filter((problem) => problem !== undefined)
  if (problems.length > 0) throw new ImageError('image-invalid', `the artifact ${JSON.stringify(title)}`, problems)
  const { architecture, os, variant } = platform
  const entryPlatform = { architecture, os, ...(variant === undefined ? {} : { variant }) }
  const { format, virtualSizeBytes: virtualSize, sizeBytes, digest: diskDigest } = disk
  const configBytes = documentBytes({
    ...entryPlatform,
    disk: { format, virtualSize, size: sizeBytes, digest: diskDigest },
    blob: digest,
  })
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    artifactType,
    config: { mediaType: DISK_CONFIG, digest: digestOf(configBytes), size: configBytes.length },
    layers: [{ mediaType, digest, size, annotations: { [TITLE]: title } }],
    ...annotationsMember(request.annotations),
  }
  const manifestBytes = documentBytes(manifest)
  const descriptor: Descriptor = {
    mediaType: mediaTypes.manifest,
    digest: digestOf(manifestBytes),
    size: manifestBytes.length,
    ...annotationsMember(request.entryAnnotations),
    platform: entryPlatform,
    artifactType,
  }
  return { manifest, manifestBytes, configBytes, descriptor }
}

/** Why a text cannot be the name of an artifact's file, as the end of a sentence about it; podman libartifact, store.go. */
export function titleProblem(title: string): string | undefined {
  if (title === '' || title === '.' || title === '..') return `its title ${JSON.stringify(title)} is no name of a file`
  if (/[/\\]/.test(title)) return `its title ${JSON.stringify(title)} holds a folder`
  if (/\p{Cc}/u.test(title)) return `its title ${JSON.stringify(title)} holds a control character`
  return undefined
}

/** Whether a media type is that of a container's layer. */
export function isTarType(mediaType: string): boolean {
  return /^application\/vnd\.(oci\.image\.layer\.|docker\.image\.rootfs\.)/.test(mediaType)
}
