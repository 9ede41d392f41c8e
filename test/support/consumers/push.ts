import { blobOf, digestOf, documentOf, type Held } from './held.ts'

/**
 * Puts documents into a registry byte for byte, as no program would that looks at them first.
 *
 * @param reference `127.0.0.1:PORT/NAME:TAG`, plain HTTP
 * @throws Error with the registry's answer when it refuses one
 */
export async function pushHeld(held: Held, reference: string): Promise<void> {
  const [, address = '', name = '', tag = ''] = /^([^/]+)\/(.+):([^:]+)$/.exec(reference) ?? []
  const base = `http://${address}/v2/${name}`
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
