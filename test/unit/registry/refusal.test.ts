import { describe, expect, it } from 'vitest'
import { refusalOf } from '../../../src/registry/refusal.ts'

function fatal(message: string): string[] {
  return ['Getting image source signatures', `time="2026-01-01T00:00:00Z" level=fatal msg=${JSON.stringify(message)}`]
}

const NAME = 'Error parsing image name "docker://h:1/x:1": '

describe('refusalOf', () => {
  it.each([
    ['login', false, `${NAME}reading manifest 1 in h:1/x: unauthorized: authentication required`],
    ['login', false, 'logging into "h:1": invalid username/password'],
    [
      'login',
      false,
      `${NAME}unable to retrieve auth token: invalid username/password: unauthorized: incorrect username or password`,
    ],
    [
      'hidden',
      false,
      `${NAME}reading manifest 1 in docker.io/a/x: errors:\ndenied: requested access to the resource is denied\nunauthorized: authentication required`,
    ],
    ['missing', false, `${NAME}reading manifest 1 in h:1/x: manifest unknown: manifest unknown`],
    [
      'denied',
      false,
      'writing blob: initiating layer upload to /v2/ in docker.io: requested access to the resource is denied',
    ],
    ['denied', false, 'writing blob: uploading layer: received unexpected HTTP status: 403 Forbidden'],
    [
      'refused',
      true,
      `${NAME}pinging container registry h:1: Get "https://h:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused`,
    ],
    [
      'plain-http',
      false,
      `${NAME}pinging container registry h:1: Get "https://h:1/v2/": http: server gave HTTP response to HTTPS client`,
    ],
    [
      'certificate',
      false,
      'pinging container registry h:1: Get "https://h:1/v2/": x509: certificate signed by unknown authority',
    ],
    [
      'host',
      false,
      'pinging container registry h: Get "https://h/v2/": dial tcp: lookup h on 10.0.0.1:53: no such host',
    ],
    ['silent', true, 'pinging container registry h: Get "https://h/v2/": dial tcp 10.0.0.1:443: i/o timeout'],
    ['rate', true, 'reading manifest 1 in docker.io/library/x: toomanyrequests: You have reached your pull rate limit'],
    ['rate', true, 'received unexpected HTTP status: 429 Too Many Requests'],
    ['denied', false, 'writing manifest: uploading manifest 1 to h:1/x: StatusCode: 403, '],
    ['trouble', true, 'uploading manifest 1 to h:1/x: StatusCode: 500, '],
    ['size', false, 'writing blob: uploading layer: StatusCode: 413, <html> Request Entity Too Large'],
    ['no-registry', false, "pinging container registry h: invalid character '<' looking for beginning of value"],
    ['space', false, 'writing blob: write /var/tmp/x: no space left on device'],
    [
      'helper',
      false,
      'getting username and password: error getting credentials - err: exec: "docker-credential-x": executable file not found in $PATH',
    ],
    ['policy', false, 'Error loading trust policy: open /etc/containers/policy.json: no such file or directory'],
    ['zstd', false, 'Error during manifest conversion: "x+zstd": zstd compression is not supported for docker images'],
    [
      'trouble',
      true,
      'writing blob: initiating layer upload: received unexpected HTTP status: 500 Internal Server Error',
    ],
    ['broken', true, 'writing blob: uploading layer chunked: write tcp 1->2: use of closed network connection'],
    ['broken', true, 'reading blob sha256:x: unexpected EOF'],
    ['broken', true, 'Digest did not match, expected sha256:a, got sha256:b'],
    ['broken', true, 'Patch "https://h/v2/x/blobs/uploads/1": remote error: tls: bad record MAC'],
    ['trouble', true, 'reading manifest 1 in h/x: invalid status code from registry 408 (Request Timeout)'],
    [
      'trouble',
      true,
      "error parsing HTTP 502 response body: invalid character '<' looking for beginning of value: \"<html>",
    ],
    [
      'trouble',
      true,
      'trying to reuse blob sha256:1: failed to read from destination repository x: 500 (Internal Server Error)',
    ],
    ['other', false, 'Requesting bearer token: invalid status code from registry 404 (Not Found)'],
    ['login', false, `${NAME}Requesting bear token: invalid status code from registry 401 (Unauthorized)`],
    ['other', false, 'writing manifest: invalid status code from registry 400 (Bad Request)'],
    ['other', false, 'open /x/index.json: no such file or directory'],
  ])('takes it as %s, transient %s: %s', (kind, transient, message) => {
    expect(refusalOf(fatal(message))).toMatchObject({ kind, transient })
  })

  it('takes a copy that is refused in the middle for one whose token ended, and no question', () => {
    expect(
      refusalOf(fatal('uploading manifest 1 to h:1/x: unauthorized: authentication required'), true),
    ).toMatchObject({
      kind: 'login',
      transient: true,
    })
    expect(refusalOf(fatal('unable to retrieve auth token: invalid username/password'), true).transient).toBe(true)
    expect(refusalOf(fatal('unable to retrieve auth token: invalid username/password')).transient).toBe(false)
  })

  it('takes a manifest whose blobs are unknown for one to copy again', () => {
    const message = 'writing manifest: uploading manifest 1 to h/x: manifest blob unknown: blob unknown to registry'
    expect(refusalOf(fatal(message), true)).toMatchObject({ kind: 'damaged', transient: true })
    expect(refusalOf(fatal(message))).toMatchObject({ kind: 'damaged', transient: false })
  })

  it('tells the phase, the status and how long to wait', () => {
    const message =
      'writing manifest: uploading manifest 1 to ghcr.io/a/x: StatusCode: 429, toomanyrequests: retry-after: 2.5s, allowed: 44000/minute'
    expect(refusalOf(fatal(message), true)).toMatchObject({
      kind: 'rate',
      phase: 'while the manifest was written',
      status: 429,
      waitSeconds: 2.5,
    })
  })

  it.each([
    ['write /srv/w/oci-put-blob1: no space left on device', 'no space is left in /srv/w: free some'],
    ['write /srv/w/x: disk quota exceeded', 'no space is left in /srv/w: free some'],
    ['processing tar file(exit status 1): write /disk/x: no space left on device', 'no space is left on this machine'],
    ['received unexpected HTTP status: 507 Insufficient Storage', 'the registry has no space left'],
    ['StatusCode: 500, filesystem: mkdir /r/docker: no space left on device', 'the registry has no space left'],
  ])('says whose disk is full, and where: %s', (message, reason) => {
    expect(refusalOf(fatal(`writing blob: ${message}`)).reason).toContain(reason)
  })

  it('does not take digits of a digest for a status', () => {
    expect(refusalOf(fatal(`writing blob sha256:500404401${'a'.repeat(55)} failed`))).toMatchObject({
      kind: 'other',
      transient: false,
    })
  })

  it('leaves out the log prefix and the name that the error says itself', () => {
    expect(refusalOf(fatal(`${NAME}something odd`)).reason).toBe('something odd')
  })

  it('takes the first error where skopeo ends without a last word', () => {
    const lines = [
      'time="2026-01-01T00:00:00Z" level=error msg="finding newgidmap: exec: \\"newgidmap\\": executable file not found in $PATH"',
      'Error during setresgid(0): Invalid argument',
      'time="2026-01-01T00:00:00Z" level=error msg="(Unable to determine exit status)"',
    ]
    expect(refusalOf(lines)).toMatchObject({ kind: 'namespace', reason: expect.stringContaining('finding newgidmap') })
  })

  it('says so when there is nothing to say', () => {
    expect(refusalOf([]).reason).toBe('skopeo gave no reason')
  })

  it('reads of an answer without end what comes first, and at once', () => {
    expect(refusalOf(fatal('denied '.repeat(300_000)))).toMatchObject({ kind: 'denied' })
    expect(refusalOf(fatal('odd '.repeat(300_000))).reason.length).toBeLessThan(5000)
  })
})
