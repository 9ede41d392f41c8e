import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { asRoot, runAsRoot, signalAsRoot } from './root.ts'

export interface Engine extends AsyncDisposable {
  /** For DOCKER_HOST. */
  readonly host: string
  /** Runs docker's own command line with it. @returns what it printed */
  docker(...args: readonly string[]): Promise<string>
}

/** Starts Debian's docker.io as root with a folder of its own: no network, no firewall rules, a socket for this user. */
export async function startEngine(): Promise<Engine> {
  const folder = await mkdtemp(join(tmpdir(), 'docker-'))
  const host = `unix://${join(folder, 'docker.sock')}`
  const places = ['data-root', 'exec-root', 'pidfile'].map((name) => `--${name}=${join(folder, name)}`)
  const args = ['--iptables=false', '--bridge=none', `--group=${process.getgid?.() ?? 0}`, `--host=${host}`, ...places]
  const child = spawn(...asRoot('dockerd', args), { stdio: ['ignore', 'ignore', 'pipe'] })
  const ended = once(child, 'close')
  const lines: string[] = []
  await new Promise<void>((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`dockerd cannot be started: ${error.message}`)))
    child.once('close', () => reject(new Error(`dockerd ended: ${lines.slice(-5).join('\n')}`)))
    createInterface({ input: child.stderr }).on('line', (line) => {
      lines.push(line)
      if (line.includes('API listen on')) resolve()
    })
  })
  return {
    host,
    docker: async (...words) => {
      const { stdout } = await promisify(execFile)('docker', ['--host', host, ...words], { maxBuffer: 1 << 26 })
      return stdout.trim()
    },
    [Symbol.asyncDispose]: async () => {
      await signalAsRoot(child, 'SIGTERM')
      await ended
      await runAsRoot('rm', '-rf', folder)
    },
  }
}
