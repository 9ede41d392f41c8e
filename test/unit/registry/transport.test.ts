import { describe, expect, it } from 'vitest'
import {
  folderName,
  imageNameText,
  parseDestination,
  parseRegistry,
  parseRepository,
  parseTag,
} from '../../../src/registry/transport.ts'
import { coded } from '../../support/coded.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`

function problemOf(parsed: object | string): string {
  return typeof parsed === 'object' && 'problem' in parsed ? String(parsed.problem) : 'none'
}

describe('parseTag', () => {
  it('takes a full reference and gives its text', () => {
    expect(parseTag('ghcr.io/acme/x:1')).toMatchObject({ text: 'ghcr.io/acme/x:1', reference: { registry: 'ghcr.io' } })
  })

  it('reads a reference without a tag as latest, as docker does', () => {
    expect(parseTag('ghcr.io/acme/x')).toMatchObject({ text: 'ghcr.io/acme/x:latest' })
  })

  it.each([':1', '1.2.3', 'v1', 'latest'])('refuses %s, a tag without a name', (text) => {
    expect(problemOf(parseTag(text))).toMatch(/is a tag without a name: write REGISTRY\/REPOSITORY:/)
  })

  it('refuses a digest and shows the reference without it', () => {
    expect(problemOf(parseTag(`ghcr.io/a/b:1@${DIGEST}`))).toMatch(/write ghcr\.io\/a\/b:1$/)
  })

  it('refuses an upper-case repository and shows it in lower case', () => {
    expect(problemOf(parseTag('ghcr.io/Acme/X:1'))).toMatch(/write ghcr\.io\/acme\/x/)
  })
})

describe('parseDestination', () => {
  it.each(['oci:dir:a', 'docker-daemon:x:1', 'docker://localhost:5000/x:1', 'docker-archive:x.tar:a:1', 'dir:x'])(
    'takes %s',
    (text) => {
      const parsed = parseDestination(text)
      expect('problem' in parsed ? parsed.problem : imageNameText(parsed)).toBe(text)
    },
  )

  it.each(['x', 'image:latest', 'scratch', 'file:x', './image'])('refuses %s and lists the destinations', (text) => {
    expect(problemOf(parseDestination(text))).toMatch(/is no skopeo destination: write docker:\/\/REFERENCE, oci:DIR/)
  })
})

describe('the name in a destination', () => {
  it.each([
    ['docker-archive:x.tar:Acme/X', /is no name of an image: repository names are lower case/],
    ['docker-daemon:a//b', /is no name of an image/],
    ['docker-daemon:x:1 2', /is no name of an image: a reference holds no spaces/],
    [`docker-archive:x.tar:x@${DIGEST}`, /has a digest, which a target cannot choose: write NAME:TAG/],
    ['containers-storage:[vfs@/a+/b]Acme/X', /is no name of an image/],
  ])('is looked at: %s', (text, problem) => {
    expect(problemOf(parseDestination(text))).toMatch(problem)
  })

  it('is left to skopeo where it is more than a name in a storage', () => {
    expect(problemOf(parseDestination(`containers-storage:x@${'a'.repeat(64)}`))).toBe('none')
  })
})

describe('parseRegistry', () => {
  it.each([
    ['ghcr.io', 'ghcr.io'],
    ['https://ghcr.io/', 'ghcr.io'],
    ['https://index.docker.io/v1/', 'docker.io'],
    ['localhost:5000', 'localhost:5000'],
  ])('reads %s as %s', (text, registry) => {
    expect(parseRegistry(text)).toBe(registry)
  })

  it.each(['ghcr.io/acme', '-x', 'a b', ''])("refuses '%s'", (text) => {
    expect(problemOf(parseRegistry(text))).toMatch(/is no registry: write HOST or HOST:PORT/)
  })
})

describe('folderName', () => {
  it('refuses a folder with a colon, which skopeo would cut there', () => {
    expect(() => folderName('oci', '/tmp/a:b', 'x')).toThrow(coded('host-folder', /colon in its name/))
  })
})

describe('parseRepository', () => {
  it('takes a repository and gives its full name', () => {
    expect(parseRepository('docker://ghcr.io/acme/x')).toBe('ghcr.io/acme/x')
    expect(parseRepository('acme/x')).toBe('docker.io/acme/x')
    expect(parseRepository('localhost:5000/x')).toBe('localhost:5000/x')
  })

  it.each([
    ['ghcr.io/acme/x:1', "'ghcr.io/acme/x:1' has a tag, and a push by digest moves none: write ghcr.io/acme/x"],
    [`ghcr.io/a/b@${DIGEST}`, `'ghcr.io/a/b@${DIGEST}' has a digest, which comes of what is pushed: write ghcr.io/a/b`],
    [`r.io/a/b:1@${DIGEST}`, `'r.io/a/b:1@${DIGEST}' has a digest, which comes of what is pushed: write r.io/a/b`],
    ['nightly', "'nightly' is no repository of a registry: write REGISTRY/NAME"],
    ['ghcr.io/Acme/x', "'ghcr.io/Acme/x' is no repository: repository names are lower case: write ghcr.io/acme/x"],
  ])('refuses %s', (text, problem) => {
    expect(problemOf(parseRepository(text))).toBe(problem)
  })
})
