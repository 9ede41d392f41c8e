import { randomBytes } from 'node:crypto'
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { zstdCompressSync } from 'node:zlib'
import { artifactTypes, diskArtifact, ZSTD_BLOB } from '../../src/oci/artifact.ts'
import type { Descriptor } from '../../src/oci/descriptor.ts'
import { type Digest, digestOf } from '../../src/oci/digest.ts'
import { imageIndex } from '../../src/oci/index/imageindex.ts'
import { mediaTypes } from '../../src/oci/manifest.ts'
import { blobPath, createLayout, type Layout, putBlob, REF_NAME, writeIndex } from '../../src/oci/store/layout.ts'
import type { Base } from './base.ts'

/** An index of a container and of two disks for podman machine, as the product makes one. */
export interface Tree extends AsyncDisposable {
  /** The layout; the index is `latest` in it. */
  readonly layout: string
  /** Of the index. */
  readonly descriptor: Descriptor
  /** In the order of the index. */
  readonly children: readonly Digest[]
  /** Of the image among them; undefined where there is none. */
  readonly container?: Digest
  /** Of all blobs. */
  readonly digests: readonly Digest[]
}

/** @param base gives the container, for amd64; without one there are disks alone */
export async function makeTree(base?: Base): Promise<Tree> {
  const folder = await mkdtemp(join(tmpdir(), 'tree-'))
  const layout = await createLayout(folder)
  const images = base === undefined ? [] : [await takeImage(layout, base)]
  const disks = [await putDisk(layout, 'qemu', 'qcow2'), await putDisk(layout, 'applehv', 'raw')]
  const index = imageIndex([...disks, ...images].map(({ descriptor }) => descriptor))
  await putBlob(layout, index.bytes)
  await writeIndex(layout, [{ ...index.descriptor, annotations: { [REF_NAME]: 'latest' } }])
  const [container] = images
  return {
    layout: folder,
    descriptor: index.descriptor,
    children: index.index.manifests.map(({ digest }) => digest),
    ...(container === undefined ? {} : { container: container.descriptor.digest }),
    digests: [index.descriptor.digest, ...[...images, ...disks].flatMap(({ digests }) => digests)],
    [Symbol.asyncDispose]: async () => await rm(folder, { recursive: true, force: true }),
  }
}

interface Child {
  readonly descriptor: Descriptor
  readonly digests: readonly Digest[]
}

async function takeImage(layout: Layout, base: Base): Promise<Child> {
  const digest = base.digests.amd64 as Digest
  const bytes = await readFile(blobPath(base.layout, digest))
  const { config, layers } = JSON.parse(bytes.toString('utf8'))
  const digests: Digest[] = [digest, config.digest, ...layers.map((layer: Descriptor) => layer.digest)]
  for (const each of digests) await cp(blobPath(base.layout, each), blobPath(layout.folder, each))
  const platform = { architecture: 'amd64', os: 'linux' }
  return { descriptor: { mediaType: mediaTypes.manifest, digest, size: bytes.length, platform }, digests }
}

async function putDisk(layout: Layout, diskType: string, format: string): Promise<Child> {
  const disk = randomBytes(100_000)
  const blob = zstdCompressSync(disk)
  const artifact = diskArtifact({
    artifactType: artifactTypes.podmanMachine,
    platform: { architecture: 'x86_64', os: 'linux' },
    blob: { mediaType: ZSTD_BLOB, digest: await putBlob(layout, blob), size: blob.length },
    title: `x.x86_64.${diskType}.${format}.zst`,
    disk: { format, virtualSizeBytes: disk.length, sizeBytes: disk.length, digest: digestOf(disk) },
    annotations: {},
    entryAnnotations: { disktype: diskType },
  })
  const documents = [await putBlob(layout, artifact.manifestBytes), await putBlob(layout, artifact.configBytes)]
  return { descriptor: artifact.descriptor, digests: [...documents, digestOf(blob)] }
}
