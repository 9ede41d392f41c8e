import { tries } from './tries.ts'

/** Azure takes 50 000 of them; all that are on the way stand in memory. */
const BLOCK_BYTES = 8 * 1024 ** 2
const AT_ONCE = 4

/**
 * Sends a blob to Azure's storage by a signed address, in blocks, which come to be the blob at the end (Put Block, Put Block
 * List of its REST API; what the Azure SDK does for @actions/cache).
 *
 * @throws Error with the reason
 */
export async function uploadBlob(url: URL, bytes: AsyncIterable<Buffer>, signal: AbortSignal): Promise<void> {
  const ids: string[] = []
  const sending = new Set<Promise<void>>()
  const failed = new AbortController()
  const until = AbortSignal.any([signal, failed.signal])
  try {
    for await (const block of blocksOf(bytes)) {
      const id = Buffer.from(String(ids.length).padStart(8, '0')).toString('base64')
      ids.push(id)
      const sent = put(withQuery(url, { comp: 'block', blockid: id }), block, until).finally(() => sending.delete(sent))
      // Told by whoever waits for it below.
      sent.catch(() => {})
      sending.add(sent)
      if (sending.size >= AT_ONCE) await Promise.race(sending)
    }
    await Promise.all(sending)
  } finally {
    failed.abort()
  }
  const list = ids.map((id) => `<Latest>${id}</Latest>`).join('')
  const document = `<?xml version="1.0" encoding="utf-8"?><BlockList>${list}</BlockList>`
  await put(withQuery(url, { comp: 'blocklist' }), Buffer.from(document), signal)
}

async function put(url: URL, body: Buffer, signal: AbortSignal): Promise<void> {
  await tries(async (isLast) => {
    const status = await answerTo(url, body, signal)
    if (status >= 200 && status < 300) return status
    if (!isLast && (status >= 500 || status === 0)) return undefined
    throw new Error(`the storage ${status === 0 ? 'cannot be reached' : `answers with HTTP ${status}`}`)
  }, signal)
}

/** @returns the HTTP status, 0 where there is no answer */
async function answerTo(url: URL, body: Buffer, signal: AbortSignal): Promise<number> {
  try {
    const response = await fetch(url, { method: 'PUT', body: new Uint8Array(body), signal, redirect: 'error' })
    await response.body?.cancel()
    return response.status
  } catch {
    if (signal.aborted) throw signal.reason
    return 0
  }
}

function withQuery(url: URL, parameters: Readonly<Record<string, string>>): URL {
  const changed = new URL(url)
  const added = new URLSearchParams(parameters).toString()
  // What is signed stays as it was written.
  changed.search = url.search === '' ? added : `${url.search}&${added}`
  return changed
}

async function* blocksOf(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let chunks: Buffer[] = []
  let length = 0
  for await (const chunk of bytes) {
    chunks.push(chunk)
    length += chunk.length
    if (length < BLOCK_BYTES) continue
    yield Buffer.concat(chunks)
    chunks = []
    length = 0
  }
  if (length > 0) yield Buffer.concat(chunks)
}
