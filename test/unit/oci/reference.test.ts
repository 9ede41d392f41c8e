import { describe, expect, it } from 'vitest'
import { parseReference, referenceText } from '../../../src/oci/reference.ts'

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`
const text = (given: string) => {
  const reference = parseReference(given)
  return typeof reference === 'string' ? reference : referenceText(reference)
}

describe('parseReference', () => {
  it.each([
    ['alpine', 'docker.io/library/alpine'],
    ['alpine:3.22', 'docker.io/library/alpine:3.22'],
    ['docker.io/alpine', 'docker.io/library/alpine'],
    ['index.docker.io/acme/x', 'docker.io/acme/x'],
    ['acme/x', 'docker.io/acme/x'],
    ['ghcr.io/acme/x:1', 'ghcr.io/acme/x:1'],
    ['localhost/x', 'localhost/x'],
    ['127.0.0.1:5000/x', '127.0.0.1:5000/x'],
    ['[::1]:5000/x:1', '[::1]:5000/x:1'],
    ['registry:5000/a/b/c', 'registry:5000/a/b/c'],
    ['ghcr.io/a__b/c-d--e.f:Tag_1.0-x', 'ghcr.io/a__b/c-d--e.f:Tag_1.0-x'],
    [`ghcr.io/acme/x@${DIGEST}`, `ghcr.io/acme/x@${DIGEST}`],
    [`ghcr.io/acme/x:1@${DIGEST}`, `ghcr.io/acme/x:1@${DIGEST}`],
    ['GHCR.io/acme/x', 'GHCR.io/acme/x'],
  ])('reads %s as %s', (given, full) => {
    expect(text(given)).toBe(full)
  })

  it('tells the parts apart', () => {
    expect(parseReference(`registry:5000/a/b:c@${DIGEST}`)).toEqual({
      registry: 'registry:5000',
      repository: 'a/b',
      tag: 'c',
      digest: DIGEST,
    })
  })

  it.each([
    ['ghcr.io/Acme/X', 'repository names are lower case: write ghcr.io/acme/x'],
    ['Acme/x', 'repository names are lower case: write acme/x'],
    ['Alpine:3', 'repository names are lower case: write alpine'],
    ['docker.io/Alpine', 'repository names are lower case: write docker.io/alpine'],
    ['', 'the reference is empty: write REGISTRY/REPOSITORY:TAG'],
    [':latest', 'the name of the repository is missing: write REGISTRY/REPOSITORY:TAG'],
    ['ghcr.io/', 'the name of the repository is missing: write REGISTRY/REPOSITORY:TAG'],
    ['ghcr.io/acme/x:', 'the tag after : is missing'],
    ['docker://ghcr.io/acme/x', 'write the reference without docker://: ghcr.io/acme/x'],
    ['https://ghcr.io/acme/x', 'write the reference without https://: ghcr.io/acme/x'],
    ['ghcr.io/acme/x y', 'a reference holds no spaces'],
  ])('answers %j with what to do', (given, problem) => {
    expect(parseReference(given)).toBe(problem)
  })

  it.each([
    ['a tag with a dash in front', 'ghcr.io/acme/x:-1'],
    ['a tag of 129 characters', `ghcr.io/acme/x:${'a'.repeat(129)}`],
    ['a short digest', 'ghcr.io/acme/x@sha256:abc'],
    ['two digests', `ghcr.io/acme/x@${DIGEST}@${DIGEST}`],
    ['sha512', `ghcr.io/acme/x@sha512:${'a'.repeat(128)}`],
    ['an empty part', 'ghcr.io/acme//x'],
    ['a climbing path', 'ghcr.io/../x'],
    ['three underscores', 'ghcr.io/a___b'],
    ['64 hexadecimal digits as the whole name', DIGEST.slice(7)],
    ['256 characters', `ghcr.io/${'a'.repeat(256)}`],
    ['a host with a dash in front', '-x.io/acme/x'],
    ['a port that is none', 'ghcr.io:port/acme/x'],
  ])('refuses %s', (_, given) => {
    expect(typeof parseReference(given)).toBe('string')
  })
})
