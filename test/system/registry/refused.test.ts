import { writeFile } from 'node:fs/promises'
import { createServer, type RequestListener, setGlobalProxyFromEnv } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ErrorCode } from '../../../src/errorcode.ts'
import { checkRealm } from '../../../src/registry/login/realm.ts'
import { readManifest, runSkopeo, targetPurpose } from '../../../src/registry/skopeo.ts'
import { coded } from '../../support/coded.ts'
import { type TestAccess, testAccess } from '../../support/registry.ts'

const PURPOSE = targetPurpose('h/x:1', 'h/x:1 cannot be read')

let access: TestAccess
beforeEach(async () => {
  access = await testAccess()
})
afterEach(() => access[Symbol.asyncDispose]())

/** A program in the place of skopeo. */
async function standIn(script: string): Promise<TestAccess> {
  await writeFile(join(access.tmpFolder, 'skopeo'), `#!/bin/sh\n${script}\n`, { mode: 0o755 })
  const PATH = `${access.tmpFolder}:${access.environment['PATH']}`
  return { ...access, environment: { ...access.environment, PATH } }
}

async function answering(answer: RequestListener) {
  const server = createServer((request, response) => {
    if (request.url === '/v2/' && request.headers['user-agent']?.startsWith('skopeo')) response.end('{}')
    else answer(request, response)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => server.close(() => resolve())),
  }
}

describe('what a registry answers', () => {
  const status = (code: number, body = '') => [code, body] as const
  it.each<[code: ErrorCode, status: number, body: string, text: string]>([
    ['registry-login', ...status(401), 'the registry wants a login'],
    ['registry-denied', ...status(403), 'the registry denies it'],
    ['registry-missing', ...status(404, '{"errors":[{"code":"MANIFEST_UNKNOWN"}]}'), 'it is not there'],
    ['registry-trouble', ...status(503), 'HTTP 503'],
    ['registry-no-registry', ...status(200, '<html>Welcome</html>'), 'a web page answered'],
  ])('is told as %s: %i %s', async (code, status, body, text) => {
    await using registry = await answering((_, response) => response.writeHead(status).end(body))
    const reading = readManifest(`docker://${registry.address}/x:1`, access, PURPOSE)
    await expect(reading).rejects.toThrow(coded(code, text))
  })

  it('is told as broken where it ends in the middle', async () => {
    await using registry = await answering((_, response) => response.destroy())
    const reading = readManifest(`docker://${registry.address}/x:1`, access, PURPOSE)
    await expect(reading).rejects.toThrow(coded('registry-broken', 'the connection broke'))
  })

  it('is told as plain HTTP where TLS was asked for', async () => {
    await using registry = await answering((_, response) => void response.end())
    const reading = readManifest(`docker://${registry.address}/x:1`, { ...access, tlsVerify: true }, PURPOSE)
    await expect(reading).rejects.toThrow(coded('registry-plain-http', 'set tls-verify to false'))
  })

  it('is told as another realm where it sends logins elsewhere', async () => {
    const realm = { 'www-authenticate': 'Bearer realm="http://127.0.0.2:1/token"' }
    await using registry = await answering((_, response) => response.writeHead(401, realm).end())
    await expect(checkRealm(registry.address, access)).rejects.toThrow(coded('registry-realm', 'which is not done'))
  })

  it('is told as another realm behind a proxy, too', async () => {
    const realm = { 'www-authenticate': 'Bearer realm="http://elsewhere.invalid/token"' }
    await using proxy = await answering((_, response) => response.writeHead(401, realm).end())
    const address = `http://${proxy.address}`
    const restore = setGlobalProxyFromEnv({ http_proxy: address, https_proxy: address })
    try {
      const asking = checkRealm('registry.invalid', access)
      await expect(asking).rejects.toThrow(coded('registry-realm', 'sent to http://elsewhere.invalid, in clear'))
    } finally {
      restore()
    }
  })

  it('is told as still where it never comes', async () => {
    const still = await standIn('exec sleep 86400')
    const reading = readManifest(
      'docker://h/x:1',
      { ...still, limits: { answerSeconds: 0.1, idleSeconds: 0.1 } },
      PURPOSE,
    )
    await expect(reading).rejects.toThrow(coded('registry-still', '3 tries'))
  })
})

describe('what skopeo says', () => {
  it.each<[code: ErrorCode, message: string]>([
    ['registry-helper', 'getting username and password: error getting credentials - err: exec: "docker-credential-x"'],
    ['registry-space', 'writing blob: write /var/tmp/x: no space left on device'],
    ['registry-policy', 'Error loading trust policy: open /etc/containers/policy.json: no such file or directory'],
    ['registry-certificate', 'pinging container registry h: Get "https://h/v2/": x509: certificate has expired'],
    ['registry-host', 'pinging container registry h: Get "https://h/v2/": dial tcp: lookup h: no such host'],
    ['registry-refused', 'pinging container registry h: dial tcp 127.0.0.1:1: connect: connection refused'],
    ['registry-silent', 'pinging container registry h: Get "https://h/v2/": dial tcp 10.0.0.1:443: i/o timeout'],
    ['registry-rate', 'reading manifest 1 in h/x: toomanyrequests: You have reached your pull rate limit'],
    ['registry-hidden', 'reading manifest 1 in h/x: errors: denied: access to it is denied unauthorized: log in'],
    ['registry-size', 'writing blob: uploading layer: StatusCode: 413, <html> Request Entity Too Large'],
    ['registry-several', 'more than one image in oci, choose an image'],
    ['registry-unnamed', 'no descriptor found for reference "x"'],
    ['registry-damaged', 'writing manifest: uploading manifest 1 to h/x: blob unknown: blob unknown to registry'],
    [
      'registry-zstd',
      'Error during manifest conversion: "x+zstd": zstd compression is not supported for docker images',
    ],
    ['registry-namespace', 'Error during unshare(CLONE_NEWUSER): Operation not permitted'],
    ['registry-other', 'open /x/index.json: no such file or directory'],
  ])('is told as %s: %s', async (code, message) => {
    const words = `time="2026-01-01T00:00:00Z" level=fatal msg=${JSON.stringify(message)}`
    const said = await standIn(`cat >&2 <<'END'\n${words}\nEND\nexit 1`)
    await expect(runSkopeo(['inspect', 'docker://h/x:1'], said, PURPOSE)).rejects.toThrow(coded(code, PURPOSE.failure))
  })
})
