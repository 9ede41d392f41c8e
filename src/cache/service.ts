import { isJsonObject, type JsonObject } from '../json.ts'
import { digestHex, digestOf } from '../oci/digest.ts'
import type { CacheEntry, RemoteCache } from './cache.ts'
import { ENTRY_FORM, packedEntry, unpackEntry } from './entry.ts'
import { tries } from './tries.ts'
import { uploadBlob } from './upload.ts'

/** Where the service is; a job is told of it by the runner. */
export interface ServicePlace {
  /** `ACTIONS_RESULTS_URL` */
  readonly url: string
  /** `ACTIONS_RUNTIME_TOKEN` */
  readonly token: string
}

/** Twirp: POST /twirp/SERVICE/METHOD with JSON; `cache.proto` in @actions/cache, src/generated. */
const SERVICE = 'twirp/github.actions.results.api.v1.CacheService'
/** Entries of one key are told apart by it; of @actions/cache it hashes paths and compression. */
const VERSION = digestHex(digestOf(ENTRY_FORM))
/** HTTP states that may pass. */
const RETRIED = [500, 502, 503, 504]
const ANSWER_LIMIT_BYTES = 64 * 1024

/**
 * GitHub's cache service, version 2, by our own few calls: @actions/cache unpacks what it gets with `tar -P`, cannot be
 * stopped, and asks on for minutes.
 */
export function serviceCache(place: ServicePlace): RemoteCache {
  const ask = (method: string, question: object, signal: AbortSignal) => answerOf(place, method, question, signal)
  return {
    restore: async (entry, signal) => {
      const { key } = entry
      const answer = await ask('GetCacheEntryDownloadURL', { key, restore_keys: [], version: VERSION }, signal)
      // The service also finds entries whose keys only begin so.
      if (answer === 'taken' || answer['ok'] !== true || answer['matched_key'] !== key) return false
      await download(blobUrl(place, answer['signed_download_url']), entry, signal)
      return true
    },
    save: async (entry, signal) => {
      const { key } = entry
      const packed = await packedEntry(entry)
      if (packed === undefined) return false
      const reserved = await ask('CreateCacheEntry', { key, version: VERSION }, signal)
      if (reserved === 'taken' || reserved['ok'] !== true) return false
      await uploadBlob(blobUrl(place, reserved['signed_upload_url']), packed.bytes(), signal)
      const size = { size_bytes: String(packed.sizeBytes) }
      const done = await ask('FinalizeCacheEntryUpload', { key, version: VERSION, ...size }, signal)
      if (done === 'taken' || done['ok'] !== true) throw new Error('the service did not take what was sent')
      return true
    },
  }
}

async function download(url: URL, entry: CacheEntry, signal: AbortSignal): Promise<void> {
  const enough = new AbortController()
  try {
    const response = await fetched(url, { signal: AbortSignal.any([signal, enough.signal]) })
    if (!response.ok || response.body === null) throw await unexpected(response)
    await unpackEntry(response.body, entry).catch((error: unknown) => {
      throw signal.aborted ? signal.reason : new Error(`what came is of no use: ${reasonOf(error)}`)
    })
  } finally {
    // What nobody reads any more would keep the process.
    enough.abort()
  }
}

type Answer = JsonObject | 'taken'

async function answerOf(
  { url, token }: ServicePlace,
  method: string,
  question: object,
  signal: AbortSignal,
): Promise<Answer> {
  const request = {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    body: JSON.stringify(question),
    signal,
  }
  return await tries(async (isLast) => {
    try {
      const response = await fetched(new URL(`${SERVICE}/${method}`, url), request)
      if (isLast || !RETRIED.includes(response.status)) return await parsedAnswer(response)
      await response.body?.cancel()
    } catch (error) {
      if (isLast || signal.aborted || !(error instanceof UnreachableError)) throw error
    }
    return undefined
  }, signal)
}

async function parsedAnswer(response: Response): Promise<Answer> {
  // Another job reserved the key before: twirp's `already_exists`.
  if (response.status === 409) return 'taken'
  if (!response.ok) throw await unexpected(response)
  const text = await shortText(response)
  try {
    const answer: unknown = JSON.parse(text)
    if (isJsonObject(answer)) return answer
  } catch {}
  throw new Error('the service answers with something else than JSON')
}

/** A signed address, which is never shown. Plain HTTP only where the service itself is asked so. */
function blobUrl({ url }: ServicePlace, given: unknown): URL {
  const address = typeof given === 'string' && URL.canParse(given) ? new URL(given) : undefined
  if (address?.protocol === 'https:' || (address && address.protocol === new URL(url).protocol)) return address
  throw new Error('the service names no address for the content')
}

class UnreachableError extends Error {}

/** @throws UnreachableError for what may be otherwise at the next try */
async function fetched(url: URL, request: RequestInit): Promise<Response> {
  try {
    // A token goes nowhere else, and no storage redirects.
    return await fetch(url, { ...request, redirect: 'error' })
  } catch (error) {
    if (request.signal?.aborted) throw request.signal.reason
    throw new UnreachableError(`the service cannot be reached (${reasonOf(error)})`)
  }
}

async function unexpected(response: Response): Promise<Error> {
  await response.body?.cancel().catch(() => {})
  return new Error(`the service answers with HTTP ${response.status}`)
}

async function shortText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.length
    if (length > ANSWER_LIMIT_BYTES) throw new Error('the answer of the service is too long')
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/** `fetch failed` says nothing, its cause does. */
function reasonOf(error: unknown): string {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error
  if (!(cause instanceof Error)) return String(cause)
  const code = 'code' in cause ? String(cause.code) : ''
  return cause.message === '' || cause.message === 'terminated' ? code || 'the connection ended' : cause.message
}
