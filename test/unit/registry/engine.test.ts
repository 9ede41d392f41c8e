import { execFile } from 'node:child_process'
import { copyFile, mkdtempDisposable, readFile } from 'node:fs/promises'
import { createServer, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import type { Access } from '../../../src/registry/access.ts'
import { loadArchive, readEngineImage, requireEngine } from '../../../src/registry/engine.ts'
import { coded } from '../../support/coded.ts'
import { recorder } from '../../support/registry.ts'

type Paths = [key: string, cert: string, ca: string]

/** A server that speaks for an engine, on a socket or a port. */
async function engine(answer: RequestListener, at: 'socket' | 'port' = 'socket') {
  const folder = await mkdtempDisposable(join(tmpdir(), 'engine-'))
  const server = createServer(answer)
  const socket = join(folder.path, 'docker.sock')
  await new Promise<void>((resolve) =>
    at === 'socket' ? server.listen(socket, resolve) : server.listen(0, '127.0.0.1', resolve),
  )
  const host = at === 'socket' ? `unix://${socket}` : `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    access: accessTo(host),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      await folder.remove()
    },
  }
}

function accessTo(host: string, changes: Partial<Access> = {}): Access {
  return { tlsVerify: true, tmpFolder: tmpdir(), environment: { DOCKER_HOST: host }, report: recorder(), ...changes }
}

async function* archive(...texts: readonly string[]) {
  for (const text of texts) yield Buffer.from(text)
}

describe('requireEngine', () => {
  it.each(['socket', 'port'] as const)('takes one that answers at the %s of DOCKER_HOST', async (at) => {
    const asked: unknown[] = []
    await using there = await engine((request, answer) => {
      asked.push(request.url)
      answer.end('OK')
    }, at)
    await requireEngine(there.access)
    expect(asked).toEqual(['/_ping'])
  })

  it.each([
    [
      'unix:///nowhere/docker.sock',
      /^docker's daemon does not answer at unix:\/\/\/nowhere\/docker.sock \(ENOENT\): start/,
    ],
    ['tcp://127.0.0.1:1', /does not answer at tcp:\/\/127.0.0.1:1 \(ECONNREFUSED\)/],
    ['ssh://me@there', /^DOCKER_HOST is ssh:\/\/me@there, which we cannot speak to: set it to unix:/],
    ['nonsense', /^DOCKER_HOST is nonsense, which/],
  ])('says why there is none at %s', async (host, message) => {
    await expect(requireEngine(accessTo(host))).rejects.toThrow(coded('host-docker', message))
  })

  it('speaks TLS where DOCKER_TLS_VERIFY is set, with the certificates of DOCKER_CERT_PATH', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'engine-'))
    const [key, cert, ca] = ['key.pem', 'cert.pem', 'ca.pem'].map((name) => join(folder.path, name)) as Paths
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1']
    const name = ['-subj', '/CN=engine', '-addext', 'subjectAltName=IP:127.0.0.1']
    await promisify(execFile)('openssl', ['req', '-x509', ...kind, ...name, '-keyout', key, '-out', cert])
    await copyFile(cert, ca)
    const options = { key: await readFile(key), cert: await readFile(cert), ca: await readFile(ca), requestCert: true }
    const server = createTlsServer(options, (_, answer) => void answer.end('OK'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { environment } = accessTo(`tcp://127.0.0.1:${(server.address() as AddressInfo).port}`)
    const secured = { ...environment, DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: folder.path }
    try {
      await requireEngine(accessTo('', { environment: secured }))
      const unknown = { ...secured, DOCKER_CERT_PATH: '/nowhere' }
      await expect(requireEngine(accessTo('', { environment: unknown }))).rejects.toThrow(/DEPTH_ZERO_SELF_SIGNED_CERT/)
    } finally {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
  })
})

describe('loadArchive', () => {
  it('sends the archive whole', async () => {
    let received = ''
    await using there = await engine(async (request, answer) => {
      for await (const chunk of request) received += chunk
      answer.end('{"stream":"Loaded image: x"}\n')
    })
    expect(await loadArchive(archive('one', 'two'), there.access)).toBeUndefined()
    expect(received).toBe('onetwo')
  })

  it.each([
    ['in the stream', 200, '{"stream":"…"}\n{"errorDetail":{"message":"bad"},"error":"bad layer"}\n', 'bad layer'],
    ['by its status', 500, '{"message":"no space"}', 'no space'],
    ['without a word', 503, '', 'it answered with status 503'],
  ])('gives the reason of a refusal %s', async (_, status, text, reason) => {
    await using there = await engine((request, answer) => {
      request.resume().on('end', () => answer.writeHead(status).end(text))
    })
    expect(await loadArchive(archive('x'), there.access)).toBe(reason)
  })

  it('gives the reason of a refusal before the archive has ended', async () => {
    await using there = await engine((_, answer) => void answer.writeHead(403).end('{"message":"a plugin forbids it"}'))
    const endless = async function* () {
      for (;;) yield Buffer.alloc(1024)
    }
    expect(await loadArchive(endless(), there.access)).toBe('a plugin forbids it')
  })

  it('fails as the archive fails', async () => {
    await using there = await engine((request) => void request.resume())
    const failing = async function* () {
      yield Buffer.from('x')
      throw new Error('a blob is gone')
    }
    await expect(loadArchive(failing(), there.access)).rejects.toThrow('a blob is gone')
  })

  it('ends when the job is canceled', async () => {
    const cancel = new AbortController()
    await using there = await engine(() => cancel.abort())
    const loading = loadArchive(archive('x'), { ...there.access, signal: cancel.signal })
    await expect(loading).rejects.toMatchObject({ name: 'AbortError' })
  })
})

describe('readEngineImage', () => {
  it('gives the ID and the layers of an image', async () => {
    await using there = await engine((request, answer) => {
      const image = { Id: 'sha256:a', RootFS: { Type: 'layers', Layers: ['sha256:b'] } }
      answer.end(JSON.stringify(request.url === '/images/docker.io/acme/x:1/json' ? image : {}))
    })
    expect(await readEngineImage('docker.io/acme/x:1', there.access)).toEqual({ id: 'sha256:a', diffIDs: ['sha256:b'] })
  })

  it('gives nothing where there is none', async () => {
    await using there = await engine((_, answer) => void answer.writeHead(404).end('{"message":"No such image"}'))
    expect(await readEngineImage('x', there.access)).toBeUndefined()
  })
})
