import { describe, expect, it } from 'vitest'
import { parseBase } from '../../../src/registry/basename.ts'
import { imageNameText, plainName } from '../../../src/registry/transport.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`

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
