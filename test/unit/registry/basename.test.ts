import { describe, expect, it } from 'vitest'
import { type BaseName, parseBase, parseDerivedFrom, publishedName } from '../../../src/registry/base/basename.ts'
import { type ImageName, imageNameText, type NameProblem, plainName } from '../../../src/registry/transport.ts'

const DIGEST = `sha256:${'a'.repeat(64)}`

function nameText(parsed: BaseName | 'scratch' | NameProblem): string {
  if (parsed === 'scratch') return parsed
  if ('problem' in parsed) return `problem: ${parsed.problem}`
  return parsed.transport === 'path' ? `path ${parsed.path}` : imageNameText(parsed)
}

const baseText = (text: string) => nameText(parseBase(text))

function imageName(text: string): ImageName {
  const parsed = parseBase(text)
  if (parsed === 'scratch' || 'problem' in parsed || parsed.transport === 'path') throw new Error(`${text} is no image`)
  return parsed
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
    ['containers-storage:localhost/x:1', 'containers-storage:localhost/x:1'],
    ['docker-daemon:acme/x:1', 'docker-daemon:acme/x:1'],
    ['docker-daemon:alpine', 'docker-daemon:alpine:latest'],
    ['scratch', 'scratch'],
  ])('reads %s', (text, name) => {
    expect(baseText(text)).toBe(name)
  })

  it.each([
    ['file:///srv/base.oci.tar.xz', '/srv/base.oci.tar.xz'],
    ['file://localhost/srv/base.tar', '/srv/base.tar'],
    ['file:/srv/base.tar', '/srv/base.tar'],
    ['file:base.tar', 'base.tar'],
    ['file:///srv/base.tar#1.0', '/srv/base.tar'],
    ['dir:///srv/base.tar', '/srv/base.tar'],
    ['dir:/srv/base', '/srv/base'],
    ['dir:base', 'base'],
    ['/srv/base.tar', '/srv/base.tar'],
  ])('takes the path of %s as KIWI does', (text, path) => {
    expect(baseText(text)).toBe(`path ${path}`)
  })

  it('gives skopeo the digest alone where a tag stands beside it', () => {
    expect(baseText(`ghcr.io/a/b:1@${DIGEST}`)).toBe(`docker://ghcr.io/a/b@${DIGEST}`)
  })

  it('keeps the tag in the name for people', () => {
    expect(plainName(imageName('alpine:3.22'))).toBe('docker.io/library/alpine:3.22')
  })

  it.each(['obsrepositories:/suse/sles15', 'obs://Virtualization:Appliances/base'])(
    'explains that %s of the build service has to be written as a reference',
    (text) => {
      expect(baseText(text)).toMatch(/Open Build Service.*write its registry reference/)
    },
  )

  it.each(['http', 'https', 'ftp'])('tells what to write for an address of %s', (scheme) => {
    expect(baseText(`${scheme}://ghcr.io/a/b:1`)).toBe(
      `problem: '${scheme}://ghcr.io/a/b:1' is an address of the web: write ghcr.io/a/b:1 for a registry, or fetch the archive before and write file:PATH`,
    )
  })

  it('refuses this://, which KIWI knows for repositories only', () => {
    expect(baseText('this://base.tar')).toMatch(/repositories only: write file:PATH/)
  })

  it('tells how a relative path is written', () => {
    expect(baseText('./base.tar')).toBe("problem: './base.tar' is a path: write file:./base.tar")
  })

  it('refuses a host in the address of a file, which KIWI leaves out silently', () => {
    expect(baseText('file://srv/base.tar')).toMatch(/names the host srv: write file:\/\/\/PATH, or file:PATH/)
  })

  it('refuses what is no name of an engine', () => {
    expect(baseText('docker-daemon:A B')).toMatch(/'docker-daemon:A B' is no name of an image/)
  })

  it.each(['tarball:x.tar', 'ostree:x'])('refuses %s as a source', (text) => {
    expect(baseText(text)).toMatch(/is no source of a base: write a registry reference, scratch/)
  })

  it.each(['oci', 'dir', 'file', 'oci-archive'])('refuses %s: without a path', (transport) => {
    expect(baseText(`${transport}:`)).toMatch(/^problem: (nothing follows|'file:' has no path)/)
  })

  it('refuses a name that skopeo does not take in a layout', () => {
    expect(baseText('oci:dir:a b')).toMatch(/'a b' is no name of an image in a layout/)
  })
})

describe('parseDerivedFrom', () => {
  it('reads one base as parseBase does', () => {
    expect(nameText(parseDerivedFrom('docker://alpine:3.22'))).toBe('docker://docker.io/library/alpine:3.22')
  })

  it('refuses several, and says which of them gives the image its config and layers in KIWI', () => {
    expect(nameText(parseDerivedFrom('docker://a,file:///b.tar'))).toMatch(
      /names 2 bases, whose files KIWI would put together: write one.*of file:\/\/\/b\.tar$/,
    )
  })
})

describe('publishedName', () => {
  it.each([
    ['alpine', 'docker.io/library/alpine:latest'],
    ['oci:/home/me/layout:1.0', 'oci:layout:1.0'],
    ['oci-archive:build/base.oci.tar', 'oci-archive:base.oci.tar'],
    ['docker-archive:/srv/x.tar:a/b:1', 'docker-archive:x.tar:a/b:1'],
    ['docker-daemon:acme/x:1', 'docker-daemon:acme/x:1'],
    ['containers-storage:[vfs@/home/me/data+/run/x]localhost/x:1', 'containers-storage:localhost/x:1'],
  ])('says of %s nothing that only this machine knows', (text, name) => {
    expect(publishedName(imageName(text))).toBe(name)
  })
})
