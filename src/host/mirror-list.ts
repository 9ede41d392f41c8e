import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { authorizedFetch } from './address.ts'

const FETCH_MILLISECONDS = 30_000

/**
 * The mirrors of a mirror list, the preferred ones first: by `priority:`, smaller before larger, entries without one
 * last; those of equal priority in the order of the list. apt-transport-mirror(1)
 *
 * @param architecture Debian's name; entries of other architectures (`arch:`) are left out
 */
export function mirrorListUris(text: string, architecture: string): readonly string[] {
  const entries = text.split('\n').flatMap((line) => {
    const [uri, ...metadata] = line.replace(/#.*/, '').trim().split(/\s+/)
    if (uri === undefined || uri === '') return []
    const values = (key: string) =>
      metadata.filter((word) => word.startsWith(`${key}:`)).map((word) => word.slice(key.length + 1))
    const architectures = values('arch')
    if (architectures.length > 0 && !architectures.includes(architecture)) return []
    return [{ uri, priority: Number(values('priority')[0] ?? Number.POSITIVE_INFINITY) }]
  })
  return entries.toSorted((a, b) => (a.priority === b.priority ? 0 : a.priority - b.priority)).map((entry) => entry.uri)
}

/**
 * The addresses that a URI of a source stands for, the preferred one first: itself, or what its mirror list holds.
 * A list that cannot be read stands for none.
 *
 * @param root where the machine's file tree starts
 */
export async function resolvedUris(
  uri: string,
  options: { readonly architecture: string; readonly root?: string; readonly signal?: AbortSignal },
): Promise<readonly string[]> {
  const address = /^mirror(?:\+([a-z]+))?:(.*)$/.exec(uri)
  if (address === null) return [uri]
  // Plain mirror: is a list fetched over HTTP.
  const [, transport = 'http', rest = ''] = address
  const path = rest.replace(/^\/\/(?=\/)/, '')
  const text =
    transport === 'file' || transport === 'copy'
      ? await readFile(join(options.root ?? '/', path), 'utf8').catch(() => '')
      : await fetchText(`${transport}:${rest}`, options.signal)
  return mirrorListUris(text, options.architecture)
}

async function fetchText(address: string, signal: AbortSignal | undefined): Promise<string> {
  const limit = AbortSignal.timeout(FETCH_MILLISECONDS)
  try {
    const response = await authorizedFetch(address, signal ? AbortSignal.any([signal, limit]) : limit)
    return response.ok ? await response.text() : ''
  } catch {
    signal?.throwIfAborted()
    return ''
  }
}
