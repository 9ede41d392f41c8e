import { describe, expect, it } from 'vitest'
import { phaseOf } from '../../../src/registry/phase.ts'

describe('phaseOf', () => {
  it.each([
    ['pinging container registry h: received unexpected HTTP status: 503', 'at the first contact'],
    [
      'reading manifest 1 in h/x: Requesting bear token: invalid status code from registry 503',
      'while a token was fetched',
    ],
    ['Requesting bearer token: received unexpected HTTP status: 503', 'while a token was fetched'],
    ['writing manifest: uploading manifest 1 to h/x: StatusCode: 500', 'while the manifest was written'],
    ['copying blob sha256:1: writing blob: initiating layer upload to /v2/ in h: 500', 'while a blob was written'],
    ['writing blob: Patch "http://h/v2/x/blobs/uploads/1?_state=2": EOF', 'while a blob was written'],
    ['trying to reuse blob sha256:1 at destination: checking whether a blob exists: 500', 'while a blob was written'],
    ['reading manifest 1 in h/x: StatusCode: 500', 'while the manifest was read'],
    ['writing blob: storing blob to file "/t/x": happened during read: unexpected EOF', 'while a blob was read'],
    ['reading blob sha256:1: received unexpected HTTP status: 500', 'while a blob was read'],
    ['logging into "h": StatusCode: 500', 'at the login'],
  ])('finds it in %s', (text, phase) => {
    expect(phaseOf(text)).toBe(phase)
  })

  it('says none where the message tells none', () => {
    expect(phaseOf('open /x: no such file or directory')).toBeUndefined()
  })
})
