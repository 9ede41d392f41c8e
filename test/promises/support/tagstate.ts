import { createHash } from 'node:crypto'

const ACCEPT =
  'application/vnd.oci.image.manifest.v1+json, application/vnd.oci.image.index.v1+json, application/vnd.docker.distribution.manifest.v2+json'

interface Descriptor {
  readonly digest: string
  readonly size: number
}

/**
 * What a tag carries, asked of the registry itself and without the product.
 *
 * @param repository `127.0.0.1:PORT/name`
 * @returns its digest and everything of it that is not there, has another size or another hash
 */
export async function tagState(
  repository: string,
  reference: string,
): Promise<{ readonly digest: string | undefined; readonly broken: readonly string[] }> {
  const bytes = await got(repository, `manifests/${reference}`)
  if (bytes === undefined) return { digest: undefined, broken: [] }
  const manifest = JSON.parse(bytes.toString('utf8')) as {
    readonly config?: Descriptor
    readonly layers?: readonly Descriptor[]
    readonly manifests?: readonly Descriptor[]
  }
  const blobs = [...(manifest.config === undefined ? [] : [manifest.config]), ...(manifest.layers ?? [])]
  const broken = await Promise.all([
    ...blobs.map(async (blob) => wrongOf(blob, await got(repository, `blobs/${blob.digest}`))),
    ...(manifest.manifests ?? []).map(async ({ digest }) => (await tagState(repository, digest)).broken),
  ])
  return { digest: hashOf(bytes), broken: broken.flat() }
}

function wrongOf({ digest, size }: Descriptor, found: Buffer | undefined): readonly string[] {
  if (found === undefined) return [`${digest} is missing`]
  return found.length === size && hashOf(found) === digest ? [] : [`${digest} is damaged`]
}

async function got(repository: string, path: string): Promise<Buffer | undefined> {
  const [address = '', ...name] = repository.split('/')
  const answer = await fetch(`http://${address}/v2/${name.join('/')}/${path}`, { headers: { accept: ACCEPT } })
  const body = Buffer.from(await answer.arrayBuffer())
  if (answer.status === 404) return undefined
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${body}`)
  return body
}

function hashOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}
