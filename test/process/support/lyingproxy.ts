import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A proxy in front of a registry that answers some requests with success and does not pass them on. */
export interface LyingProxy extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly address: string
  drop(method: string, path: RegExp): void
}

export async function lyingProxy(registry: string): Promise<LyingProxy> {
  const dropped: { method: string; path: RegExp }[] = []
  const server = createServer((incoming, outgoing) => {
    const { method = 'GET', url = '/', headers } = incoming
    if (dropped.some((each) => each.method === method && each.path.test(url))) {
      incoming.resume()
      incoming.once('end', () => outgoing.writeHead(201).end())
      return
    }
    // The registry writes the host it was asked by into the addresses of uploads.
    const passed = request(`http://${registry}${url}`, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    passed.once('error', () => outgoing.destroy())
    incoming.pipe(passed)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    drop: (method, path) => void dropped.push({ method, path }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
