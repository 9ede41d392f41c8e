import { mkdir, mkdtempDisposable, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Descriptor } from '../../../src/oci/descriptor.ts'
import { mediaTypes } from '../../../src/oci/manifest.ts'
import { sampleBase, sha256 } from './samplebase.ts'

/** JSON that a test breaks before it is written. */
export interface Parts {
  index: { manifests: Record<string, unknown>[] } & Record<string, unknown>
  manifest: { layers: Record<string, unknown>[] } & Record<string, unknown>
  config: { rootfs: { type: string; diff_ids: string[] }; history: object[] } & Record<string, unknown>
}

/** A valid layout written without the product, of three layers: gzip, zstd, plain. */
export async function layoutOf(change: (parts: Parts) => void = () => {}) {
  const folder = await mkdtempDisposable(join(tmpdir(), 'oci-'))
  const blobs = join(folder.path, 'blobs', 'sha256')
  await mkdir(blobs, { recursive: true })
  const base = await sampleBase(join(folder.path, 'base'))
  for (const [digest, file] of base.blobs) await writeFile(join(blobs, digest.slice(7)), await readFile(file))
  const put = async (value: unknown) => {
    const bytes = JSON.stringify(value)
    await writeFile(join(blobs, sha256(bytes).slice(7)), bytes)
    return { digest: sha256(bytes), size: Buffer.byteLength(bytes) }
  }

  const parts = structuredClone({
    config: base.config,
    manifest: base.manifest,
    index: { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [{}] },
  }) as unknown as Parts
  change(parts)
  const config = { mediaType: mediaTypes.config, ...(await put(parts.config)) }
  const manifest = {
    ...parts.manifest,
    config: { ...config, ...(parts.manifest['config'] === null ? { size: 1 } : {}) },
  }
  const entry = {
    mediaType: mediaTypes.manifest,
    ...(await put(manifest)),
    platform: { architecture: 'amd64', os: 'linux' },
    annotations: { 'org.opencontainers.image.ref.name': 'latest' },
  }
  const manifests = parts.index.manifests.map((own) => ({ ...entry, ...own }))
  await writeFile(join(folder.path, 'index.json'), JSON.stringify({ ...parts.index, manifests }))
  await writeFile(join(folder.path, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  const [gzip, zstd, plain] = base.manifest.layers as [Descriptor, Descriptor, Descriptor]
  return {
    folder: folder.path,
    file: (digest: string) => join(blobs, digest.slice(7)),
    gzip,
    zstd,
    plain,
    config: config.digest,
    manifest: entry.digest,
    [Symbol.asyncDispose]: async () => await folder.remove(),
  }
}

/** Changes one byte of a file. */
export const flip = async (path: string, at: number) => {
  const bytes = await readFile(path)
  bytes[at] = (bytes[at] ?? 0) ^ 0x20
  await writeFile(path, bytes)
}
