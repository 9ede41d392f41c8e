import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { HostError, spaceError } from '../errors.ts'
import { isJsonObject, type JsonObject } from '../json.ts'
import type { Access } from './access.ts'

/** What docker's engine says of an image; Engine API, `GET /images/{name}/json`. */
export interface EngineImage {
  /** Digest of the config; of the manifest where the engine keeps images in containerd. */
  readonly id: string
  /** Lowest first. */
  readonly diffIDs: readonly string[]
}

interface Answer {
  readonly status: number
  readonly text: string
}

interface Question {
  readonly path: string
  /** A tar archive to send. */
  readonly body?: AsyncIterable<Uint8Array>
  /** Where a good answer is written to instead of kept; not there yet. */
  readonly target?: string
  /** How long a silence may be; without limit where left out. */
  readonly silenceSeconds?: number
}

const DEFAULT_HOST = 'unix:///var/run/docker.sock'
const ANSWER_SECONDS = 30
const ANSWER_LIMIT = 16 * 1024 * 1024

/**
 * Asks docker's engine whether it is there. We speak to it ourselves: skopeo does not look at DOCKER_HOST, and the versions
 * in Debian 12 and Ubuntu 24.04 speak a version of its API that Docker 25 and 29 refuse (skopeo issues 2202 and 2802).
 *
 * @throws HostError when it does not answer
 */
export async function requireEngine(access: Access): Promise<void> {
  await ask(access, { path: '/_ping', silenceSeconds: ANSWER_SECONDS })
}

/**
 * Loads an archive as `docker load` does.
 *
 * @returns undefined, or why the engine did not take it, in its words
 * @throws HostError when it does not answer; what the archive throws
 */
export async function loadArchive(archive: AsyncIterable<Uint8Array>, access: Access): Promise<string | undefined> {
  const { status, text } = await ask(access, { path: '/images/load?quiet=1', body: archive })
  const lines = text.split('\n').map(parsedLine)
  // Errors while it loads come with status 200, in the stream.
  const said = lines.map((line) => line?.['error'] ?? line?.['message']).find((word) => typeof word === 'string')
  return said === undefined && status === 200 ? undefined : String(said ?? `it answered with status ${status}`)
}

/** @returns undefined when it has no image of that name @throws HostError when it does not answer */
export async function readEngineImage(name: string, access: Access): Promise<EngineImage | undefined> {
  const { status, text } = await ask(access, { path: `/images/${name}/json`, silenceSeconds: ANSWER_SECONDS })
  const image = status === 200 ? parsedLine(text) : undefined
  if (image === undefined) return undefined
  const rootFS = image['RootFS']
  const layers = isJsonObject(rootFS) && Array.isArray(rootFS['Layers']) ? rootFS['Layers'] : []
  return { id: String(image['Id']), diffIDs: layers.map(String) }
}

/**
 * Writes an image to an archive as `docker save` does.
 *
 * @param target a file that is not there yet
 * @returns undefined, or why the engine does not give it, in its words, and whether that is for it has no such image
 * @throws HostError when it does not answer, or the disk is full
 */
export async function saveImage(
  name: string,
  target: string,
  access: Access,
): Promise<{ readonly isMissing: boolean; readonly reason: string } | undefined> {
  const { status, text } = await ask(access, { path: `/images/${name}/get`, target })
  if (status === 200) return undefined
  const reason = String(parsedLine(text)?.['message'] ?? `it answered with status ${status}`)
  return { isMissing: status === 404, reason }
}

async function ask(access: Access, { path, body, target, silenceSeconds }: Question): Promise<Answer> {
  const { environment, signal } = access
  const host = environment['DOCKER_HOST'] || DEFAULT_HOST
  const { options, secure } = await connection(host, environment)
  const request = (secure ? httpsRequest : httpRequest)({
    ...options,
    path,
    method: body ? 'POST' : 'GET',
    ...(body ? { headers: { 'content-type': 'application/x-tar' } } : {}),
    // A connection of its own, closed with the answer.
    agent: false,
    ...(silenceSeconds === undefined ? {} : { timeout: silenceSeconds * 1000 }),
    ...(signal === undefined ? {} : { signal }),
  })
  const source = body && watched(body)
  request.once('timeout', () => request.destroy(new Error(`no answer within ${silenceSeconds} s`)))
  try {
    const answered = once(request, 'response') as Promise<[IncomingMessage]>
    const sent = source ? pipeline(Readable.from(source.chunks), request) : request.end()
    // What breaks the sending breaks the answer.
    if (sent instanceof Promise) sent.catch(() => {})
    const [response] = await answered
    const status = response.statusCode ?? 0
    return { status, text: await (status === 200 && target ? saved(response, target) : textOf(response)) }
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof HostError) throw error
    if (source?.failure) throw source.failure.reason
    throw error instanceof Error ? unreachable(error, host) : error
  } finally {
    request.destroy()
  }
}

/** An archive that remembers why it failed: the connection says only that it ended. */
function watched(body: AsyncIterable<Uint8Array>) {
  const source: { failure?: { reason: unknown }; chunks: AsyncGenerator<Uint8Array> } = { chunks: passed() }
  async function* passed() {
    try {
      yield* body
    } catch (reason) {
      source.failure = { reason }
      throw reason
    }
  }
  return source
}

function unreachable(error: Error, host: string): HostError {
  const code = 'code' in error ? String(error.code) : error.message
  if (code === 'EACCES' || code === 'EPERM') {
    const remedy = 'run as root, or let an administrator add the user to the group docker'
    return new HostError('host-docker', `this user may not talk to docker's daemon at ${host}`, remedy)
  }
  const lack = `docker's daemon does not answer at ${host} (${code})`
  return new HostError('host-docker', lack, 'start it, or set DOCKER_HOST to where it listens')
}

/** How DOCKER_HOST is read: docs.docker.com, "Use environment variables with the docker CLI". */
async function connection(
  host: string,
  environment: Access['environment'],
): Promise<{ options: RequestOptions; secure: boolean }> {
  const unfit = new HostError(
    'host-docker',
    `DOCKER_HOST is ${host}, which we cannot speak to`,
    'set it to unix://SOCKET or tcp://HOST',
  )
  if (host.startsWith('unix://')) return { options: { socketPath: host.slice('unix://'.length) }, secure: false }
  const url = URL.canParse(host) ? new URL(host) : undefined
  if (url === undefined || !['tcp:', 'http:', 'https:'].includes(url.protocol)) throw unfit
  const secure = url.protocol === 'https:' || (url.protocol === 'tcp:' && Boolean(environment['DOCKER_TLS_VERIFY']))
  const at = { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port || (secure ? 2376 : 2375)) }
  if (!secure) return { options: at, secure }
  const folder = environment['DOCKER_CERT_PATH'] || join(environment['HOME'] ?? '', '.docker')
  const [ca, cert, key] = await Promise.all(
    ['ca.pem', 'cert.pem', 'key.pem'].map((name) => readFile(join(folder, name)).catch(() => undefined)),
  )
  const files = { ...(ca ? { ca } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}) }
  return { options: { ...at, ...files } as RequestOptions, secure }
}

async function saved(response: IncomingMessage, target: string): Promise<string> {
  await pipeline(response, createWriteStream(target, { flags: 'wx' })).catch((error: unknown) => {
    throw spaceError(error, dirname(target))
  })
  return ''
}

async function textOf(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes <= ANSWER_LIMIT) chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function parsedLine(line: string): JsonObject | undefined {
  try {
    const value: unknown = JSON.parse(line)
    return isJsonObject(value) ? value : undefined
  } catch {
    return undefined
  }
}
