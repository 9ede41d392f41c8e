import { mkdir, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { mediaTypes } from '../../../src/oci/manifest.ts'
import { sampleBase, sha256 } from './samplebase.ts'

type Json = Record<string, unknown>

interface Child {
  entry: Json
  manifest: Json & { config: Json; layers: Json[] }
  config: Json
}

/** JSON that a test breaks before it is written. */
export interface TreeParts {
  top: Json
  index: Json & { manifests: Json[] }
  image: Child
  machine: Child
}

const REF_NAME = 'org.opencontainers.image.ref.name'

/** A valid layout of an index, written without the product: an image of three layers and a disk of podman machine. */
export async function treeOf(change: (parts: TreeParts) => void = () => {}) {
  const folder = await mkdtempDisposable(join(tmpdir(), 'oci-'))
  const blobs = join(folder.path, 'blobs', 'sha256')
  await mkdir(blobs, { recursive: true })
  const put = async (content: Uint8Array | Json) => {
    const bytes = content instanceof Uint8Array ? content : Buffer.from(JSON.stringify(content))
    await writeFile(join(blobs, sha256(bytes).slice(7)), bytes)
    return { digest: sha256(bytes), size: bytes.length }
  }
  const base = await sampleBase(join(folder.path, 'base'))
  for (const file of base.blobs.values()) await put(await readFile(file))
  const disk = await put(Buffer.from('a disk, compressed'))

  const parts: TreeParts = structuredClone({
    top: { annotations: { [REF_NAME]: 'latest' } },
    index: { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [] },
    image: {
      entry: { platform: { architecture: 'amd64', os: 'linux' } },
      manifest: { ...base.manifest, config: {}, layers: base.manifest.layers.map((layer) => ({ ...layer })) },
      config: { ...base.config },
    },
    machine: {
      entry: {
        platform: { architecture: 'x86_64', os: 'linux' },
        annotations: { disktype: 'qemu' },
      },
      manifest: {
        schemaVersion: 2,
        mediaType: mediaTypes.manifest,
        artifactType: 'application/vnd.kiwi-oci.podman-machine.v1',
        config: { mediaType: 'application/vnd.kiwi-oci.disk.config.v1+json' },
        layers: [
          {
            mediaType: 'application/zstd',
            ...disk,
            annotations: { 'org.opencontainers.image.title': 'x.x86_64.qemu.qcow2.zst' },
          },
        ],
      },
      config: { architecture: 'x86_64', os: 'linux', disk: { format: 'qcow2' }, blob: disk.digest },
    },
  })
  change(parts)
  const children: Json[] = []
  for (const { entry, manifest, config } of [parts.image, parts.machine]) {
    const configured = {
      ...manifest,
      config: { mediaType: mediaTypes.config, ...manifest.config, ...(await put(config)) },
    }
    children.push({ mediaType: mediaTypes.manifest, ...(await put(configured)), ...entry })
  }
  const index = { ...parts.index, manifests: [...children, ...parts.index.manifests] }
  const top = { mediaType: mediaTypes.index, ...(await put(index)), ...parts.top }
  const indexFile = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [top] }
  await writeFile(join(folder.path, 'index.json'), JSON.stringify(indexFile))
  await writeFile(join(folder.path, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  return {
    folder: folder.path,
    file: (digest: string) => join(blobs, digest.slice(7)),
    top,
    children: children as readonly object[] as readonly { digest: string }[],
    disk: disk.digest,
    layers: base.manifest.layers,
    [Symbol.asyncDispose]: async () => await folder.remove(),
  }
}
