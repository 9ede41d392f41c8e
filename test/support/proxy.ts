import { createServer, type IncomingMessage, type ServerResponse, request as send } from 'node:http'

/** Answers a request itself and says true, or leaves it to the registry. */
export type Interference = (asked: IncomingMessage, answer: ServerResponse) => boolean

/** Passes everything to the registry but what `interfere` answers itself. */
export async function startProxy(upstream: string, interfere: Interference) {
  const server = createServer((asked, answer) => {
    if (interfere(asked, answer)) return
    forward(upstream, asked, (reply) => {
      answer.writeHead(reply.statusCode ?? 502, reply.headers)
      reply.pipe(answer)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
  const close = async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  }
  return { address: `127.0.0.1:${address.port}`, [Symbol.asyncDispose]: close }
}

/** Says yes to what is put there, and drops it. */
export function droppedPut(path: RegExp): Interference {
  return (asked, answer) => {
    if (asked.method !== 'PUT' || !path.test(asked.url ?? '')) return false
    asked.resume().once('end', () => answer.writeHead(201).end())
    return true
  }
}

/** Passes a request on to the registry. */
export function forward(upstream: string, asked: IncomingMessage, onReply: (reply: IncomingMessage) => void): void {
  const [host, port] = upstream.split(':')
  // The Host of the client stays: the registry makes the addresses of its uploads from it.
  const onward = send({ host, port, method: asked.method, path: asked.url, headers: asked.headers }, onReply)
  asked.pipe(onward)
}
