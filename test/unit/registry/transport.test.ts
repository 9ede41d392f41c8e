import { describe, expect, it } from 'vitest'
import {
  folderName,
  imageNameText,
  parseBase,
  parseDestination,
  parseRegistry,
  parseTag,
  plainName,
} from '../../../src/registry/transport.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`

function problemOf(parsed: object | string): string {
  return typeof parsed === 'object' && 'problem' in parsed ? String(parsed.problem) : 'none'
}

function baseText(text: string): string {
  const parsed = parseBase(text)
  if (typeof parsed === 'string') return parsed
  return 'problem' in parsed ? `problem: ${parsed.problem}` : imageNameText(parsed)
}

describe('parseBase', () => {
  it.each([
    ['alpine', 'docker://docker.io/library/alpine:latest'],
    ['docker://alpine:3.22', 'docker://docker.io/library/alpine:3.22'],
    ['localhost:5000/x', 'docker://localhost:5000/x:latest'],
    ['oci:1.0', 'oci:1.0'],
    ['oci:dir:name', 'oci:dir:name'],
    ['oci-archive:/x/y.tar', 'oci-archive:/x/y.tar'],
    ['docker-archive:y.tar:a/b:1', 'docker-archive:y.tar:a/b:1'],
    ['dir:/x', 'dir:/x'],
    ['containers-storage:localhost/x:1', 'containers-storage:localhost/x:1'],
    ['scratch', 'scratch'],
  ])('reads %s', (text, name) => {
    expect(baseText(text)).toBe(name)
  })

  it('gives skopeo the digest alone where a tag stands beside it', () => {
    expect(baseText(`ghcr.io/a/b:1@${DIGEST}`)).toBe(`docker://ghcr.io/a/b@${DIGEST}`)
  })

  it('keeps the tag in the name for people', () => {
    const parsed = parseBase('alpine:3.22')
    expect(typeof parsed === 'object' && !('problem' in parsed) && plainName(parsed)).toBe(
      'docker.io/library/alpine:3.22',
    )
  })

  it('explains that containers of the build service have to be written as a reference', () => {
    expect(baseText('obsrepositories:/suse/sles15')).toMatch(/Open Build Service.*write its registry reference/)
  })

  it("names the two archive transports for KIWI's file:", () => {
    expect(baseText('file:///x.tar')).toMatch(/write oci-archive:FILE or docker-archive:FILE/)
  })

  it.each(['docker-daemon:x:1', 'tarball:x.tar', 'https://ghcr.io/a/b'])('refuses %s as a source', (text) => {
    expect(baseText(text)).toMatch(/is no source of a base: write a registry reference, scratch/)
  })

  it('refuses a transport without a path', () => {
    expect(baseText('oci:')).toBe('problem: nothing follows oci: write oci:PATH')
  })

  it('refuses a name that skopeo does not take in a layout', () => {
    expect(baseText('oci:dir:a b')).toMatch(/'a b' is no name of an image in a layout/)
  })
})

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
    expect(() => folderName('oci', '/tmp/a:b', 'x')).toThrow(/colon in its name/)
  })
})
