import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { repositoryRoot } from '../tools.ts'
import { digestOf, type Held } from './held.ts'
import { type TarFile, tarOf } from './tarfile.ts'

/** One document that a real consumer was given, with what it said. */
export interface Case {
  readonly name: string
  /** The consumer's own words, or their beginning where they go on with what differs from run to run; none: taken. */
  readonly says?: string
  /** What podman 5.4 says instead. */
  readonly older?: string
  /** The architecture that is asked for; this machine's kind, amd64, where left out. */
  readonly architecture?: string
  /** JSON documents and recipes of blobs; a `digest` names another of them. `TOP` is what the reference names. */
  readonly parts: Readonly<Record<string, unknown>>
}

interface Recipe {
  readonly tar?: readonly TarFile[]
  readonly text?: string
  readonly zeros?: number
  readonly packed?: 'gzip' | 'zstd'
}

/** The cases in `test/fixtures/consumers/NAME.json`. */
export function casesOf(name: string): readonly Case[] {
  const path = join(repositoryRoot, 'test/fixtures/consumers', `${name}.json`)
  return (JSON.parse(readFileSync(path, 'utf8')) as { cases: readonly Case[] }).cases
}

/** The documents and blobs of a case with their real digests and sizes. */
export function heldOf({ parts }: Case): Held {
  const blobs = new Map<string, Buffer>()
  const put = (name: string): Buffer => {
    const bytes = bytesOf(parts[name])
    blobs.set(digestOf(bytes), bytes)
    return bytes
  }
  const bytesOf = (part: unknown): Buffer => {
    if (part === undefined) throw new Error('a digest names no part of the case')
    const { blob } = part as { readonly blob?: Recipe }
    return blob ? cooked(blob) : Buffer.from(JSON.stringify(filled(part)))
  }
  const filled = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(filled)
    if (typeof value !== 'object' || value === null) return value
    const entries = Object.entries(value).flatMap(([key, inner]): [string, unknown][] => {
      if (key !== 'digest') return [[key, filled(inner)]]
      const bytes = put(inner)
      return [
        ['digest', digestOf(bytes)],
        ['size', bytes.length],
      ]
    })
    return Object.fromEntries(entries)
  }
  const top = put('TOP')
  const { mediaType } = parts['TOP'] as { readonly mediaType: string }
  return { top: { mediaType, digest: digestOf(top) }, blobs }
}

function cooked({ tar, text, zeros, packed }: Recipe): Buffer {
  const bytes = tar ? tarOf(tar) : Buffer.concat([Buffer.from(text ?? ''), Buffer.alloc(zeros ?? 0)])
  if (packed === undefined) return bytes
  return packed === 'gzip' ? gzipSync(bytes) : zstdCompressSync(bytes)
}
