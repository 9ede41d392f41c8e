import { createHash } from 'node:crypto'

/** A document of an image, made without the product. */
export interface Made {
  readonly bytes: Buffer
  readonly digest: `sha256:${string}`
  readonly mediaType: string
  /** What has to be in a registry before it: blobs and manifests, in this order. */
  readonly needs: readonly Made[]
}

export interface Entry {
  readonly manifest: Made
  readonly platform?: { readonly os: string; readonly architecture: string; readonly variant?: string }
  readonly annotations?: Readonly<Record<string, string>>
  readonly artifactType?: string
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const INDEX = 'application/vnd.oci.image.index.v1+json'
const BLOB = 'application/octet-stream'

/** An image of one small layer. @param salt another text gives another image */
export function containerManifest(architecture: string, salt = '', mediaType = MANIFEST): Made {
  const layer = blob(Buffer.from(`layer ${architecture} ${salt}`.padEnd(1024, '\0')))
  const config = {
    architecture,
    os: 'linux',
    ...(architecture === 'arm64' ? { variant: 'v8' } : {}),
    rootfs: { type: 'layers', diff_ids: [layer.digest] },
  }
  return manifest(json(config), 'application/vnd.oci.image.config.v1+json', layer, {
    layerType: 'application/vnd.oci.image.layer.v1.tar',
    mediaType,
  })
}

/** A disk as an artifact. @param architecture none leaves the platform out of the config */
export function artifactManifest(
  architecture: string | undefined,
  artifactType = 'application/vnd.kiwi-oci.disk.v1',
): Made {
  const disk = blob(Buffer.from(`disk ${architecture} ${artifactType}`))
  const config = { ...(architecture === undefined ? {} : { architecture, os: 'linux' }), blob: disk.digest }
  return manifest(json(config), 'application/vnd.kiwi-oci.disk.config.v1+json', disk, {
    layerType: 'application/vnd.kiwi-oci.disk.qcow2',
    mediaType: MANIFEST,
    artifactType,
  })
}

export function indexOf(entries: readonly Entry[], annotations?: Readonly<Record<string, string>>): Made {
  const manifests = entries.map(({ manifest: { digest, bytes, mediaType }, ...about }) => ({
    mediaType,
    digest,
    size: bytes.length,
    ...about,
  }))
  const bytes = json({ schemaVersion: 2, mediaType: INDEX, manifests, ...(annotations ? { annotations } : {}) })
  return { ...blob(bytes), mediaType: INDEX, needs: entries.map(({ manifest: child }) => child) }
}

/** What a build with `kind: container, podman-machine` pushes by digest. */
export function machineIndex(architecture: 'amd64' | 'arm64', annotations?: Readonly<Record<string, string>>): Made {
  const machine = architecture === 'amd64' ? 'x86_64' : 'aarch64'
  const disk = artifactManifest(machine, 'application/vnd.kiwi-oci.podman-machine.v1')
  const image = { manifest: containerManifest(architecture), platform: { os: 'linux', architecture } }
  const platform = { os: 'linux', architecture: machine }
  return indexOf([image, { manifest: disk, platform, annotations: { disktype: 'qemu' } }], annotations)
}

/**
 * Pushes by digest to a registry on loopback.
 *
 * @param repository `127.0.0.1:PORT/name`
 * @returns `REPOSITORY@DIGEST`
 */
export async function pushMade(made: Made, repository: string): Promise<string> {
  for (const need of made.needs) await pushMade(need, repository)
  const [address = '', ...name] = repository.split('/')
  const base = `http://${address}/v2/${name.join('/')}`
  if (made.mediaType === BLOB) {
    const started = await fetch(`${base}/blobs/uploads/`, { method: 'POST' })
    const location = new URL(started.headers.get('location') ?? '', base)
    location.searchParams.set('digest', made.digest)
    await put(location, made.bytes, BLOB)
  } else await put(new URL(`${base}/manifests/${made.digest}`), made.bytes, made.mediaType)
  return `${repository}@${made.digest}`
}

/** Gives a tag to what is there. */
export async function tagMade(made: Made, repository: string, tag: string): Promise<void> {
  const [address = '', ...name] = repository.split('/')
  await put(new URL(`http://${address}/v2/${name.join('/')}/manifests/${tag}`), made.bytes, made.mediaType)
}

/** The document behind a reference of a registry on loopback as it is, undefined where there is none. */
export async function manifestAt(repository: string, reference: string): Promise<Buffer | undefined> {
  const [address = '', ...name] = repository.split('/')
  const answer = await fetch(`http://${address}/v2/${name.join('/')}/manifests/${reference}`, {
    headers: { accept: `${INDEX}, ${MANIFEST}` },
  })
  return answer.ok ? Buffer.from(await answer.arrayBuffer()) : undefined
}

function manifest(
  config: Buffer,
  configType: string,
  layer: Made,
  about: { readonly layerType: string; readonly mediaType: string; readonly artifactType?: string },
): Made {
  const { layerType, mediaType, artifactType } = about
  const made = blob(config)
  const bytes = json({
    schemaVersion: 2,
    mediaType,
    ...(artifactType === undefined ? {} : { artifactType }),
    config: { mediaType: configType, digest: made.digest, size: config.length },
    layers: [{ mediaType: layerType, digest: layer.digest, size: layer.bytes.length }],
  })
  return { ...blob(bytes), mediaType, needs: [layer, made] }
}

function blob(bytes: Buffer): Made {
  return {
    bytes,
    digest: `sha256:${createHash('sha256').update(bytes).digest('hex')}`,
    mediaType: BLOB,
    needs: [],
  }
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value))
}

async function put(url: URL, bytes: Buffer, type: string): Promise<void> {
  const answer = await fetch(url, { method: 'PUT', body: new Uint8Array(bytes), headers: { 'content-type': type } })
  if (!answer.ok) throw new Error(`PUT ${url}: ${answer.status} ${await answer.text()}`)
}
