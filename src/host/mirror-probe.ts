import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { authorizedFetch } from './address.ts'

const ANSWER_MILLISECONDS = 30_000
/** The fields of a Release file stand before its lists of hashes. */
const HEAD_BYTES = 4096

export interface ProbeOptions {
  /** What the field `Origin` must say, `Debian`: PPAs and vendors name their suites like the distribution's. */
  readonly origin?: string
  readonly signal?: AbortSignal
}

/**
 * Whether a mirror really has a distribution: its `dists/NAME/InRelease`, or `Release` of those that sign apart.
 *
 * @param uri `http:`, `https:` or `file:`; every other kind is answered with no
 * @param distribution the suite, such as `bookworm-security`
 * @throws only where `signal` aborts: a mirror that does not answer within 30 s does not have it
 */
export async function hasDistribution(uri: string, distribution: string, options: ProbeOptions = {}): Promise<boolean> {
  const base = uri.replace(/\/+$/, '')
  for (const name of ['InRelease', 'Release']) {
    const address = `${base}/dists/${distribution}/${name}`
    const head = /^https?:/i.test(uri) ? await fetchedHead(address, options.signal) : await fileHead(address)
    if (head !== undefined) return options.origin === undefined || originOf(head) === options.origin
  }
  return false
}

function originOf(release: string): string | undefined {
  return /^Origin:[ \t]*(.*?)[ \t]*$/m.exec(release)?.[1]
}

async function fileHead(address: string): Promise<string | undefined> {
  if (!address.startsWith('file:')) return undefined
  const file = await open(join('/', address.slice('file:'.length))).catch(() => undefined)
  if (file === undefined) return undefined
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEAD_BYTES), 0, HEAD_BYTES, 0)
    return buffer.toString('utf8', 0, bytesRead)
  } finally {
    await file.close()
  }
}

async function fetchedHead(address: string, signal: AbortSignal | undefined): Promise<string | undefined> {
  for (let attempt = 1; attempt <= 2; attempt += 1) {
    const limit = AbortSignal.timeout(ANSWER_MILLISECONDS)
    try {
      const response = await authorizedFetch(address, signal ? AbortSignal.any([signal, limit]) : limit)
      if (response.ok) return await firstBytes(response)
      await response.body?.cancel()
      if (response.status < 500) return undefined
    } catch {
      signal?.throwIfAborted()
      if (limit.aborted) return undefined
    }
  }
  return undefined
}

async function firstBytes(response: Response): Promise<string> {
  let text = ''
  const decoder = new TextDecoder()
  // Leaving the loop cancels the rest of the download.
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length >= HEAD_BYTES) break
  }
  return text
}
