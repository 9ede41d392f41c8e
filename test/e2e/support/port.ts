import { connect, createServer } from 'node:net'
import { setTimeout as pause } from 'node:timers/promises'

const QUIET_MILLISECONDS = 5000

/** A port of this machine that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port is free')
  return address.port
}

/** What a server on a port of this machine says to whoever connects; asked until it answers. */
export async function answerFrom(port: number, timeoutSeconds: number): Promise<string> {
  const end = performance.now() + timeoutSeconds * 1000
  while (performance.now() < end) {
    const socket = connect(port, '127.0.0.1')
    const pieces: string[] = []
    socket.setTimeout(QUIET_MILLISECONDS, () => socket.destroy())
    socket.on('data', (bytes) => pieces.push(bytes.toString()))
    await new Promise((resolve) => socket.once('error', () => {}).once('close', resolve))
    if (pieces.length > 0) return pieces.join('')
    await pause(1000)
  }
  throw new Error(`nothing answered on port ${port} for ${timeoutSeconds} s`)
}
