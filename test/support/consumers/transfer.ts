import { blobOf, type Descriptor, type Document, digestOf, documentOf, type Held } from './held.ts'

const MANIFESTS = ['application/vnd.oci.image.index.v1+json', 'application/vnd.oci.image.manifest.v1+json'].join(', ')

/**
 * Puts documents into a registry byte for byte, as no program would that looks at them first.
 *
 * @param reference `127.0.0.1:PORT/NAME:TAG`, plain HTTP
 * @throws Error with the registry's answer when it refuses one
 */
export async function pushHeld(held: Held, reference: string): Promise<void> {
  const { base, tag } = placeOf(reference)
  const put = async (url: string, body: Buffer, mediaType: string) => {
    const response = await fetch(url, {
      method: 'PUT',
      body: new Uint8Array(body),
      headers: { 'Content-Type': mediaType },
    })
    if (!response.ok) throw new Error(`${url}: ${response.status} ${await response.text()}`)
  }
  const upload = async (bytes: Buffer) => {
    const { headers } = await fetch(`${base}/blobs/uploads/`, { method: 'POST' })
    const url = new URL(headers.get('Location') ?? '', base)
    url.searchParams.set('digest', digestOf(bytes))
    await put(url.href, bytes, 'application/octet-stream')
  }
  const manifest = async (digest: string, mediaType: string, as: string): Promise<void> => {
    const { manifests = [], config, layers = [] } = documentOf(held, digest)
    for (const entry of manifests) await manifest(entry.digest, entry.mediaType, entry.digest)
    for (const blob of config ? [config, ...layers] : layers) await upload(blobOf(held, blob.digest))
    await put(`${base}/manifests/${as}`, blobOf(held, digest), mediaType)
  }
  await manifest(held.top.digest, held.top.mediaType, tag)
}

/**
 * Everything that a registry has under a name.
 *
 * @param reference `127.0.0.1:PORT/NAME:TAG`, plain HTTP
 * @throws Error with the registry's answer when something is not there
 */
export async function heldAt(reference: string): Promise<Held> {
  const { base, tag } = placeOf(reference)
  const blobs = new Map<string, Buffer>()
  const get = async (path: string) => {
    const response = await fetch(`${base}/${path}`, { headers: { Accept: MANIFESTS } })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    const bytes = Buffer.from(await response.arrayBuffer())
    blobs.set(digestOf(bytes), bytes)
    return { bytes, mediaType: response.headers.get('Content-Type') ?? '' }
  }
  const manifest = async (name: string): Promise<Pick<Descriptor, 'mediaType' | 'digest'>> => {
    const { bytes, mediaType } = await get(`manifests/${name}`)
    const { manifests = [], config, layers = [] } = JSON.parse(bytes.toString('utf8')) as Document
    for (const entry of manifests) await manifest(entry.digest)
    for (const blob of config ? [config, ...layers] : layers) await get(`blobs/${blob.digest}`)
    return { mediaType, digest: digestOf(bytes) }
  }
  return { top: await manifest(tag), blobs }
}

function placeOf(reference: string): { readonly base: string; readonly tag: string } {
  const [, address = '', name = '', tag = ''] = /^([^/]+)\/(.+):([^:]+)$/.exec(reference) ?? []
  return { base: `http://${address}/v2/${name}`, tag }
}
