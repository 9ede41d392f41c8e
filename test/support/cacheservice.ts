import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'

/** What is asked of the service, and of the storage behind it. */
export const CACHE_STEPS = ['look up', 'download', 'reserve', 'send', 'list', 'finish'] as const
export type CacheStep = (typeof CACHE_STEPS)[number]

/** What goes wrong: a status, or how the answer never comes to its end. */
export type CacheFault = number | 'html' | 'hang' | 'reset' | 'cut' | 'trickle' | 'flip' | 'no json' | 'huge'

/**
 * GitHub's cache service, version 2 (twirp in JSON), with a storage that takes blobs as Azure's does: whole, or in blocks and
 * a list of them. @actions/cache works with it, which a test holds.
 */
export interface CacheService extends AsyncDisposable {
  /** For `ACTIONS_RESULTS_URL`. */
  readonly url: string
  readonly token: string
  /** By key; what a job finds. */
  readonly entries: Map<string, { readonly version: string; readonly content: Buffer }>
  /** What was asked so far. */
  readonly asked: CacheStep[]
  /** What a step answers with from now on. */
  readonly faults: Map<CacheStep, CacheFault>
}

const TOKEN = 'token-of-the-cache'
const SERVICE = '/twirp/github.actions.results.api.v1.CacheService/'
const METHODS: Readonly<Record<string, CacheStep>> = {
  GetCacheEntryDownloadURL: 'look up',
  CreateCacheEntry: 'reserve',
  FinalizeCacheEntryUpload: 'finish',
}

export async function startCacheService(): Promise<CacheService> {
  const entries: CacheService['entries'] = new Map()
  const uploads = new Map<string, { version: string; blocks: Map<string, Buffer>; content?: Buffer }>()
  const asked: CacheStep[] = []
  const faults: CacheService['faults'] = new Map()
  const open = new AbortController()

  const answerTo = (step: CacheStep, key: string, url: URL, body: Buffer): Buffer | object | number => {
    const blob = (kind: string, of = key) => `http://127.0.0.1:${port()}/${kind}/${encodeURIComponent(of)}?sig=a%2Bb%3D`
    switch (step) {
      case 'look up': {
        // Also a key that only begins so is found, as by GitHub's.
        const matched = entries.has(key) ? key : [...entries.keys()].find((each) => each.startsWith(key))
        const { version } = JSON.parse(body.toString())
        if (matched === undefined || entries.get(matched)?.version !== version) return { ok: false }
        return { ok: true, signed_download_url: blob('down', matched), matched_key: matched }
      }
      case 'download':
        return entries.get(key)?.content ?? 404
      case 'reserve': {
        if (uploads.has(key) || entries.has(key)) return 409
        uploads.set(key, { version: JSON.parse(body.toString()).version, blocks: new Map() })
        return { ok: true, signed_upload_url: blob('up') }
      }
      case 'send': {
        const upload = uploads.get(key)
        const block = url.searchParams.get('blockid')
        if (upload === undefined) return 403
        if (block === null) upload.content = body
        else upload.blocks.set(block, body)
        return 201
      }
      case 'list': {
        const upload = uploads.get(key)
        const ids = [...body.toString().matchAll(/<Latest>([^<]*)<\/Latest>/g)].map(([, id = '']) => id)
        if (upload === undefined || ids.some((id) => !upload.blocks.has(id))) return 400
        upload.content = Buffer.concat(ids.map((id) => upload.blocks.get(id) ?? Buffer.alloc(0)))
        return 201
      }
      case 'finish': {
        const upload = uploads.get(key)
        const { size_bytes: size, version } = JSON.parse(body.toString())
        if (upload?.content?.length !== Number(size) || upload.version !== version) return { ok: false }
        entries.set(key, { version, content: upload.content })
        return { ok: true, entry_id: '1' }
      }
    }
  }

  const server = createServer(async (request, response) => {
    response.on('error', () => {})
    const url = new URL(request.url ?? '/', `http://127.0.0.1:${port()}`)
    const step = stepOf(request, url)
    if (step === undefined) return void response.writeHead(404).end()
    asked.push(step)
    const fault = faults.get(step)
    if (fault === 'hang') return
    const body = await bodyOf(request)
    if (url.pathname.startsWith(SERVICE) && request.headers.authorization !== `Bearer ${TOKEN}`) {
      return void response.writeHead(401).end()
    }
    // The signature has to come back as it was given.
    if (!url.pathname.startsWith(SERVICE) && !url.search.includes('sig=a%2Bb%3D')) {
      return void response.writeHead(403).end()
    }
    const key = url.pathname.startsWith(SERVICE)
      ? JSON.parse(body.toString()).key
      : decodeURIComponent(url.pathname.split('/')[2] ?? '')
    await send(response, answerTo(step, key, url, body), fault, open.signal)
  })
  const port = () => (server.address() as AddressInfo).port
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${port()}/`,
    token: TOKEN,
    entries,
    asked,
    faults,
    [Symbol.asyncDispose]: async () => {
      open.abort()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** The variables by which a runner tells a job of the service. */
export function cacheEnvironment({ url, token }: Pick<CacheService, 'url' | 'token'>) {
  return { ACTIONS_CACHE_SERVICE_V2: 'True', ACTIONS_RESULTS_URL: url, ACTIONS_RUNTIME_TOKEN: token }
}

function stepOf({ method }: IncomingMessage, url: URL): CacheStep | undefined {
  if (url.pathname.startsWith(SERVICE)) return METHODS[url.pathname.slice(SERVICE.length)]
  if (method === 'GET') return 'download'
  return url.searchParams.get('comp') === 'blocklist' ? 'list' : 'send'
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

async function send(
  response: ServerResponse,
  answer: Buffer | object | number,
  fault: CacheFault | undefined,
  open: AbortSignal,
): Promise<void> {
  const isBlob = Buffer.isBuffer(answer)
  const bytes = isBlob ? answer : Buffer.from(typeof answer === 'number' ? '' : JSON.stringify(answer))
  const type = isBlob || typeof answer === 'number' ? 'application/octet-stream' : 'application/json'
  const head = { 'content-type': type, 'content-length': bytes.length, 'x-ms-request-id': '1' }
  const status = typeof answer === 'number' ? answer : 200
  const half = bytes.subarray(0, bytes.length >> 1)
  if (typeof fault === 'number') response.writeHead(fault, { 'retry-after': '1' }).end('{"msg":"out of order"}')
  else if (fault === 'html') response.writeHead(200, { 'content-type': 'text/html' }).end('<html>Please log in</html>')
  else if (fault === 'no json') response.writeHead(200, { 'content-type': type }).end('{"ok":')
  else if (fault === 'reset') response.destroy()
  else if (fault === 'flip') response.writeHead(status, head).end(flipped(bytes))
  else if (fault === 'cut') response.writeHead(status, head).write(half, () => response.destroy())
  else if (fault === 'huge') response.writeHead(status).end(Buffer.concat([bytes, Buffer.alloc(2 ** 20)]))
  else if (fault === 'trickle') await trickle(response.writeHead(status, head), bytes, open)
  else response.writeHead(status, head).end(bytes)
}

/** One byte a second: it never stands still, and never comes to its end. */
async function trickle(response: ServerResponse, bytes: Buffer, open: AbortSignal): Promise<void> {
  for (const byte of bytes) {
    if (response.closed) return
    response.write(Buffer.of(byte))
    await setTimeout(1000, undefined, { signal: open }).catch(() => {})
  }
  response.end()
}

function flipped(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes)
  const last = changed.length - 1
  if (last >= 0) changed[last] = (changed[last] ?? 0) ^ 1
  return changed
}
