import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A server of a test that remembers what it was asked. */
export interface Listener extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly address: string
  /** `METHOD path`, and the header that carries logins. */
  readonly asked: { readonly request: string; readonly authorization: string | undefined }[]
  /** Resolves with the next request. */
  next(): Promise<void>
}

export type Answer = (asked: IncomingMessage, answer: ServerResponse, address: string) => void

/** @param host one of loopback, all of which is this machine */
export async function listen(answer: Answer, host = '127.0.0.1'): Promise<Listener> {
  const asked: Listener['asked'] = []
  let waiting = Promise.withResolvers<void>()
  const server = createServer((request, response) => {
    asked.push({ request: `${request.method} ${request.url}`, authorization: request.headers.authorization })
    request.resume()
    waiting.resolve()
    waiting = Promise.withResolvers<void>()
    answer(request, response, address)
  })
  await new Promise<void>((resolve) => server.listen(0, host, resolve))
  const address = `${host}:${(server.address() as AddressInfo).port}`
  return {
    address,
    asked,
    next: () => waiting.promise,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const wantsBasic = { 'www-authenticate': 'Basic realm="x"' }

/** Takes every login, and repeats it in its refusals: as it came, and what is in it. */
export const repeating: Answer = (asked, answer) => {
  const { authorization } = asked.headers
  if (authorization === undefined) answer.writeHead(401, wantsBasic).end()
  else if (asked.url === '/v2/') answer.writeHead(200).end()
  else if (asked.method === 'HEAD') answer.writeHead(404).end()
  else refuse(answer, authorization)
}

/** Takes no login, and repeats it. */
export const refusing: Answer = (asked, answer) => {
  const { authorization } = asked.headers
  if (authorization === undefined) answer.writeHead(401, wantsBasic).end()
  else refuse(answer, authorization)
}

function refuse(answer: ServerResponse, authorization: string): void {
  const plain = Buffer.from(authorization.replace(/^\w+ /, ''), 'base64').toString('utf8')
  const message = `not for ${authorization}, which is ${plain}, ${encodeURIComponent(plain)}`
  answer.writeHead(403, { 'content-type': 'application/json' })
  answer.end(JSON.stringify({ errors: [{ code: 'DENIED', message, detail: message }] }))
}

/** Takes every login, and then never answers. */
export const silent: Answer = (asked, answer) => {
  if (asked.headers.authorization === undefined) answer.writeHead(401, wantsBasic).end()
  else if (asked.url === '/v2/') answer.writeHead(200).end()
}
