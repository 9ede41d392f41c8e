import { createHash } from 'node:crypto'

export interface Descriptor {
  readonly mediaType: string
  readonly digest: string
  readonly size: number
  readonly platform?: { readonly architecture: string; readonly os: string; readonly variant?: string }
  readonly annotations?: Readonly<Record<string, string>>
  readonly artifactType?: string
}

/** An index or a manifest, as a consumer parses it: whatever is missing is undefined. */
export interface Document {
  readonly mediaType?: string
  readonly artifactType?: string
  readonly manifests?: readonly Descriptor[]
  readonly config?: Descriptor
  readonly layers?: readonly Descriptor[]
  readonly annotations?: Readonly<Record<string, string>>
}

/** What a registry has under one name. */
export interface Held {
  readonly top: Pick<Descriptor, 'mediaType' | 'digest'>
  /** Manifests, configs and layers by digest. */
  readonly blobs: ReadonlyMap<string, Buffer>
}

/** What a consumer makes of it: what it takes, or what it says, up to where its words name the case. */
export type Verdict<T> = { readonly takes: T } | { readonly says: string }

/** @throws Error when there is no such blob: a consumer would not get that far */
export function blobOf(held: Held, digest: string): Buffer {
  const bytes = held.blobs.get(digest)
  if (bytes === undefined) throw new Error(`there is no ${digest}`)
  return bytes
}

export function documentOf(held: Held, digest: string): Document {
  return JSON.parse(blobOf(held, digest).toString('utf8'))
}

export function digestOf(bytes: Buffer): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`
}
