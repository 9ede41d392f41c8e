import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import type { Access as ProductAccess } from '../../src/registry/access.ts'
import type { Report } from '../../src/report.ts'

/** One request as the registry's own access log has it. */
export interface Access {
  readonly method: string
  /** Path without the query. */
  readonly path: string
  readonly status: number
}

export interface Registry extends AsyncDisposable {
  /** `127.0.0.1:PORT`. */
  readonly address: string
  /** Where it keeps what was pushed. */
  readonly storage: string
  /** Every request so far, oldest first; `settled` first, so that what was just asked is in it. */
  readonly accesses: readonly Access[]
  /** Resolves when the log has caught up with all requests answered so far. */
  settled(): Promise<void>
  stop(): Promise<void>
}

export interface RegistryOptions {
  /** One login that is needed for everything. */
  readonly htpasswd?: { readonly user: string; readonly password: string }
  /** Where it keeps what is pushed; a folder of its own where left out. */
  readonly storage?: string
}

/**
 * Starts Debian's docker-registry on loopback with a free port and a storage of its own.
 *
 * @throws Error naming the program that is missing
 */
export async function startRegistry(options: RegistryOptions = {}): Promise<Registry> {
  const folder = await mkdtemp(join(tmpdir(), 'registry-'))
  const storage = options.storage ?? join(folder, 'data')
  const auth = options.htpasswd
    ? { htpasswd: { realm: 'test', path: await writeHtpasswd(folder, options.htpasswd) } }
    : {}
  const config = {
    version: '0.1',
    log: { level: 'info', accesslog: { disabled: false } },
    storage: { filesystem: { rootdirectory: storage }, delete: { enabled: true } },
    http: { addr: '127.0.0.1:0', secret: 'test' },
    auth,
  }
  await writeFile(join(folder, 'config.json'), JSON.stringify(config))
  const child = spawn('docker-registry', ['serve', join(folder, 'config.json')], { stdio: ['ignore', 'pipe', 'pipe'] })
  const accesses: Access[] = []
  const ended = once(child, 'close')
  createInterface({ input: child.stdout }).on('line', (line) => {
    const access = accessOf(line)
    if (access) accesses.push(access)
  })
  const address = await listening(child)
  const stop = async () => {
    child.kill('SIGTERM')
    await ended
    await rm(folder, { recursive: true, force: true })
  }
  const settled = async () => {
    const mark = `/v2/settled-${accesses.length}-${process.hrtime.bigint()}/`
    await fetch(`http://${address}${mark}`)
    while (!accesses.some((access) => access.path === mark)) await new Promise((resolve) => setTimeout(resolve, 5))
    accesses.splice(
      accesses.findIndex((access) => access.path === mark),
      1,
    )
  }
  return { address, storage, accesses, settled, stop, [Symbol.asyncDispose]: stop }
}

/** What of the log are downloads of blobs. */
export function blobDownloads(accesses: readonly Access[]): readonly string[] {
  return accesses
    .filter(({ method, path }) => method === 'GET' && path.includes('/blobs/sha256:'))
    .map(({ path }) => path)
}

/** What of the log carries blob bytes to the registry. */
export function blobUploads(accesses: readonly Access[]): readonly string[] {
  return accesses
    .filter(({ method, path }) => method === 'PATCH' && path.includes('/blobs/uploads/'))
    .map(({ path }) => path)
}

async function writeHtpasswd(folder: string, login: { user: string; password: string }): Promise<string> {
  const path = join(folder, 'htpasswd')
  const { stdout } = await promisify(execFile)('htpasswd', ['-Bbn', login.user, login.password])
  await writeFile(path, stdout)
  return path
}

async function listening(child: ReturnType<typeof spawn>): Promise<string> {
  if (!child.stderr) throw new Error('docker-registry was started without a standard error')
  const lines: string[] = []
  const errors = createInterface({ input: child.stderr })
  return await new Promise((resolve, reject) => {
    child.once('error', (error) => reject(new Error(`docker-registry cannot be started: ${error.message}`)))
    child.once('close', () => reject(new Error(`docker-registry ended: ${lines.join('\n')}`)))
    errors.on('line', (line) => {
      lines.push(line)
      const address = /listening on (127\.0\.0\.1:\d+)/.exec(line)?.[1]
      if (address) resolve(address)
    })
  })
}

/** The combined log format: `host - user [time] "METHOD path HTTP/1.1" status …`. */
function accessOf(line: string): Access | undefined {
  const [, method, path, status] = /"([A-Z]+) (\S+) HTTP\/[0-9.]+" (\d{3}) /.exec(line) ?? []
  if (!method || !path || !status) return undefined
  return { method, path: path.split('?')[0] ?? path, status: Number(status) }
}

/** Lines and warnings that the product reported. */
export interface Recorder extends Report {
  readonly lines: string[]
  readonly warnings: string[]
}

export function recorder(): Recorder {
  const lines: string[] = []
  const warnings: string[] = []
  const info = (line: string) => void lines.push(line)
  return {
    lines,
    warnings,
    info,
    warning: (line) => void warnings.push(line),
    output: info,
    group: info,
    endGroup() {},
  }
}

export interface TestAccess extends ProductAccess, AsyncDisposable {
  readonly report: Recorder
  /** How long the product would have waited between tries, in milliseconds. */
  readonly waits: number[]
}

/** An access with an empty home of its own, plain HTTP allowed, and no real waiting. */
export async function testAccess(changes: Partial<ProductAccess> = {}): Promise<TestAccess> {
  const tmpFolder = await mkdtemp(join(tmpdir(), 'access-'))
  const environment = {
    PATH: process.env['PATH'] ?? '',
    HOME: tmpFolder,
    XDG_RUNTIME_DIR: tmpFolder,
    XDG_DATA_HOME: join(tmpFolder, 'data'),
    XDG_CONFIG_HOME: join(tmpFolder, 'config'),
  }
  const waits: number[] = []
  return {
    tlsVerify: false,
    tmpFolder,
    environment,
    sleep: async (milliseconds) => void waits.push(milliseconds),
    random: () => 0,
    ...changes,
    report: recorder(),
    waits,
    [Symbol.asyncDispose]: async () => await rm(tmpFolder, { recursive: true, force: true }),
  }
}
