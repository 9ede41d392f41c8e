import { type IncomingMessage, type ServerResponse, request as send } from 'node:http'
import { buffer } from 'node:stream/consumers'
import { startProxy } from '../../support/proxy.ts'
import { type Action, type Fault, isHit, kindOf, type RequestKind } from './fault.ts'

/** A registry with tokens and one fault. */
export interface FaultProxy extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly address: string
  /** How many requests of each kind there were. */
  readonly asked: ReadonlyMap<RequestKind, number>
  /** When the fault hit, in milliseconds. */
  readonly hits: readonly number[]
}

export interface FaultOptions {
  /** Who answers a redirect. */
  readonly elsewhere: string
  /** The manifest that a lie about a tag gives: what was there before. */
  readonly before: Buffer
  /** Told after each request that may have changed the registry, before it is answered. */
  readonly onWrite: () => Promise<void>
}

interface Exchange {
  readonly asked: IncomingMessage
  readonly answer: ServerResponse
  readonly kind: RequestKind
}

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'
const PAGE = '<!DOCTYPE html><html><body>Sign in to the network</body></html>'

/** Starts it in front of a registry without logins; its tokens are its own. */
export async function startFaultProxy(upstream: string, fault: Fault, options: FaultOptions): Promise<FaultProxy> {
  const asked = new Map<RequestKind, number>()
  const hits: number[] = []
  const tokens = new Set<string>()
  const proxy = await startProxy(upstream, (incoming, answer) => {
    const kind = kindOf(incoming)
    if (kind === undefined) return false
    const nth = (asked.get(kind) ?? 0) + 1
    asked.set(kind, nth)
    const exchange = { asked: incoming, answer, kind }
    const pass = async (change: Change = {}) => {
      if (kind !== 'TOKEN') return await passOn(upstream, exchange, options, change)
      const body = Buffer.from(JSON.stringify({ token: newToken(tokens) }))
      await (change.reply ?? write)({ status: 200, headers: { 'content-type': 'application/json' }, body }, answer)
    }
    const act = async () => {
      if (kind === fault.kind && isHit(fault, nth)) {
        hits.push(performance.now())
        await ACTIONS[verbOf(fault.action)]({ ...exchange, pass, options, tokens, action: fault.action })
      } else if (kind === 'TOKEN' || tokens.has(incoming.headers.authorization ?? '')) await pass()
      else challenge(exchange)
    }
    // A client that is gone gets no answer; every other thing shows in what the case finds.
    act().catch(() => answer.destroy())
    return true
  })
  return { address: proxy.address, asked, hits, [Symbol.asyncDispose]: proxy[Symbol.asyncDispose] }
}

interface Change {
  readonly request?: (body: Buffer) => Buffer
  readonly reply?: (reply: Reply, answer: ServerResponse) => unknown
}

interface Reply {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Buffer
}

interface Acting extends Exchange {
  readonly pass: (change?: Change) => Promise<void>
  readonly options: FaultOptions
  readonly tokens: Set<string>
  readonly action: Action
}

type Verb = Exclude<Action, `${string}:${string}`> | 'status'

function verbOf(action: Action): Verb {
  return action.split(':')[0] as Verb
}

const ACTIONS: Readonly<Record<Verb, (acting: Acting) => Promise<unknown>>> = {
  status: async ({ asked, answer, action }) => {
    await buffer(asked)
    const [, status = '500', after] = action.split(':')
    if (after !== undefined) answer.setHeader('retry-after', after)
    const code =
      { 401: 'UNAUTHORIZED', 403: 'DENIED', 404: 'NAME_UNKNOWN', 429: 'TOOMANYREQUESTS' }[status] ?? 'UNKNOWN'
    give(answer, Number(status), JSON.stringify({ errors: [{ code, message: `the fault ${action}` }] }))
  },
  html: async ({ asked, answer, action }) => {
    await buffer(asked)
    answer.setHeader('content-type', 'text/html')
    give(answer, action === 'html:502' ? 502 : 200, PAGE)
  },
  reset: async ({ asked }) => {
    asked.socket.resetAndDestroy()
  },
  fin: async ({ asked }) => {
    await buffer(asked)
    asked.socket.end()
  },
  cut: async ({ pass }) => {
    await pass({ reply: (reply, answer) => half(reply, answer, () => answer.destroy()) })
  },
  stall: async ({ asked, kind, pass }) => {
    if (kind === 'GET blob') await pass({ reply: (reply, answer) => half(reply, answer, () => {}) })
    else await buffer(asked)
  },
  trickle: async ({ pass }) => {
    await pass({
      reply: async ({ status, headers, body }, answer) => {
        answer.writeHead(status, headers)
        const step = Math.ceil(body.length / 10) || 1
        for (let at = 0; at < body.length; at += step) {
          answer.write(body.subarray(at, at + step))
          await new Promise((resolve) => setTimeout(resolve, 10))
        }
        answer.end()
      },
    })
  },
  flip: async ({ asked, kind, pass }) => {
    // Another manifest that is one would be taken: without TLS nothing but the read-back stands against that.
    if (kind === 'PUT manifest')
      return await pass({ request: (body) => Buffer.concat([Buffer.from('z'), body.subarray(1)]) })
    const isSent = asked.method === 'PATCH' || asked.method === 'PUT'
    const reply = (came: Reply, answer: ServerResponse) => write({ ...came, body: flipped(came.body) }, answer)
    await pass(isSent ? { request: flipped } : { reply })
  },
  truncate: async ({ asked, pass }) => {
    const isSent = asked.method === 'PATCH' || asked.method === 'PUT'
    const shorter = (body: Buffer) => body.subarray(0, Math.floor(body.length / 2))
    const reply = ({ status, headers, body }: Reply, answer: ServerResponse) => {
      const { 'content-length': _, ...others } = headers
      write({ status, headers: others, body: shorter(body) }, answer)
    }
    await pass(isSent ? { request: shorter } : { reply })
  },
  lie: async ({ asked, answer, kind, options }) => {
    await buffer(asked)
    if (kind === 'GET manifest') {
      answer.setHeader('content-type', MANIFEST)
      return give(answer, 200, options.before)
    }
    if (kind === 'HEAD blob') answer.setHeader('content-length', '1000')
    const isUpload = kind === 'POST' || kind === 'PATCH'
    if (isUpload) answer.setHeader('location', `${asked.url}${kind === 'POST' ? 'never-begun' : ''}`)
    give(answer, kind === 'HEAD blob' ? 200 : isUpload ? 202 : 201, '')
  },
  'commit-then-fail': async ({ pass }) => {
    await pass({ reply: (_, answer) => give(answer, 500, '{"errors":[{"code":"UNKNOWN","message":"after all"}]}') })
  },
  'commit-then-reset': async ({ asked, pass }) => {
    await pass({ reply: () => asked.socket.resetAndDestroy() })
  },
  redirect: async ({ asked, answer, options }) => {
    await buffer(asked)
    answer.setHeader('location', `http://${options.elsewhere}${asked.url}`)
    give(answer, 307, '')
  },
  'expire-token': async ({ asked, answer, kind, tokens }) => {
    await buffer(asked)
    tokens.clear()
    challenge({ asked, answer, kind }, ',error="invalid_token"')
  },
}

function newToken(tokens: Set<string>): string {
  const token = `token-${tokens.size}-${process.hrtime.bigint()}`
  tokens.add(`Bearer ${token}`)
  return token
}

function challenge({ asked, answer }: Exchange, error = ''): void {
  asked.resume()
  answer.setHeader('www-authenticate', `Bearer realm="http://${asked.headers.host}/token",service="test"${error}`)
  give(answer, 401, '{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}')
}

function give(answer: ServerResponse, status: number, body: string | Buffer): void {
  if (!answer.hasHeader('content-type')) answer.setHeader('content-type', 'application/json')
  answer.writeHead(status).end(body)
}

function write({ status, headers, body }: Reply, answer: ServerResponse): void {
  answer.writeHead(status, headers).end(body)
}

/** Announces the whole and gives half of it. */
function half({ status, headers, body }: Reply, answer: ServerResponse, then: () => void): void {
  answer.writeHead(status, { ...headers, 'content-length': String(Math.max(body.length, 2)) })
  answer.write(body.subarray(0, Math.floor(body.length / 2)), then)
}

function flipped(body: Buffer): Buffer {
  const changed = Buffer.from(body)
  const at = Math.floor(body.length / 2)
  if (body.length > 0) changed[at] = (body[at] ?? 0) ^ 1
  return changed
}

async function passOn(upstream: string, { asked, answer }: Exchange, options: FaultOptions, change: Change) {
  const body = await buffer(asked)
  const reply = await sendOn(upstream, asked, change.request?.(body) ?? body)
  if (asked.method !== 'GET' && asked.method !== 'HEAD') await options.onWrite()
  await (change.reply ?? write)(reply, answer)
}

async function sendOn(upstream: string, asked: IncomingMessage, body: Buffer): Promise<Reply> {
  const [host, port] = upstream.split(':')
  // skopeo remembers on a machine which blobs a registry has elsewhere, and a port may be that of a case before.
  const path = asked.method === 'POST' ? asked.url?.replace(/\?.*/, '') : asked.url
  const { authorization: _, 'transfer-encoding': __, 'content-length': ___, ...kept } = asked.headers
  // The Host of the client stays: the registry makes the addresses of its uploads from it.
  const headers = body.length === 0 && asked.method === 'GET' ? kept : { ...kept, 'content-length': body.length }
  return await new Promise((resolve, reject) => {
    const onward = send({ host, port, method: asked.method, path, headers }, (reply) => {
      const { statusCode: status = 502, headers: came } = reply
      buffer(reply).then((whole) => resolve({ status, headers: came, body: whole }), reject)
    })
    onward.once('error', reject).end(body)
  })
}
