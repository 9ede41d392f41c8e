import { expect, it } from 'vitest'
import { deb822Sources, oneLineSources, readAptSources, readTrustedKeyrings } from '../../../src/host/apt-sources.ts'

it('a line of sources.list has an address, a suite and components', () => {
  expect(oneLineSources('deb http://ftp.debian.org/debian bookworm main contrib # comment\n')).toEqual([
    { uri: 'http://ftp.debian.org/debian', suite: 'bookworm', components: ['main', 'contrib'], trusted: false },
  ])
})

it('options of a line are read', () => {
  const line = 'deb [ arch=amd64,arm64 signed-by=/a.gpg,/b.gpg trusted=yes ] https://example.org/x noble main'
  expect(oneLineSources(line)).toEqual([
    {
      uri: 'https://example.org/x',
      suite: 'noble',
      components: ['main'],
      architectures: ['amd64', 'arm64'],
      signedBy: { kind: 'files', paths: ['/a.gpg', '/b.gpg'] },
      trusted: true,
    },
  ])
})

it('comments, source packages and broken lines are no sources', () => {
  const text = '# deb http://a.example.org x main\ndeb-src http://b.example.org x main\ndeb\ndeb http://c.example.org\n'
  expect(oneLineSources(text)).toEqual([])
})

it('a flat repository keeps its path as suite', () => {
  expect(oneLineSources('deb http://example.org/flat ./')).toMatchObject([{ suite: './', components: [] }])
})

it('a stanza stands for each of its addresses and suites', () => {
  const text = [
    'Types: deb deb-src',
    'URIs: http://a.example.org/debian',
    '# a comment within',
    ' http://b.example.org/debian',
    'Suites: bookworm bookworm-updates',
    'Components: main',
    ' contrib',
    'Architectures: amd64',
  ].join('\n')
  expect(deb822Sources(text).map((source) => `${source.uri} ${source.suite}`)).toEqual([
    'http://a.example.org/debian bookworm',
    'http://a.example.org/debian bookworm-updates',
    'http://b.example.org/debian bookworm',
    'http://b.example.org/debian bookworm-updates',
  ])
  expect(deb822Sources(text)[0]).toMatchObject({ components: ['main', 'contrib'], architectures: ['amd64'] })
})

it('stanzas that are off or of source packages only are left out', () => {
  const stanza = (line: string) => `${line}\nURIs: http://example.org\nSuites: noble\nComponents: main`
  expect(deb822Sources(stanza('Types: deb\nEnabled: no'))).toEqual([])
  expect(deb822Sources(stanza('Types: deb-src'))).toEqual([])
  expect(deb822Sources(stanza('types: deb\nEnabled: yes'))).toHaveLength(1)
})

it('a key within a stanza becomes a key file, its dots empty lines', () => {
  const text = [
    'Types: deb',
    'URIs: http://example.org',
    'Suites: noble',
    'Components: main',
    'Signed-By:',
    ' -----BEGIN PGP PUBLIC KEY BLOCK-----',
    ' .',
    ' mQINBF',
    ' =abcd',
    ' -----END PGP PUBLIC KEY BLOCK-----',
    '',
    'Types: deb',
    'URIs: http://two.example.org',
    'Suites: noble',
    'Trusted: yes',
  ].join('\n')
  expect(deb822Sources(text)).toMatchObject([
    {
      uri: 'http://example.org',
      signedBy: {
        kind: 'text',
        text: '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQINBF\n=abcd\n-----END PGP PUBLIC KEY BLOCK-----\n',
      },
    },
    { uri: 'http://two.example.org', trusted: true },
  ])
})

it('a fingerprint in Signed-By names no file', () => {
  const text = 'Types: deb\nURIs: http://example.org\nSuites: noble\nSigned-By: ABCDEF0123456789!'
  expect(deb822Sources(text)[0]).not.toHaveProperty('signedBy')
})

it('the sources of a hosted runner are read in order, and saved files left out', async () => {
  const sources = await readAptSources('test/fixtures/host/ubuntu-24.04')
  expect(sources.map((source) => `${source.uri} ${source.suite}`)).toEqual([
    'https://packages.microsoft.com/ubuntu/24.04/prod noble',
    'mirror+file:/etc/apt/apt-mirrors.txt noble',
    'mirror+file:/etc/apt/apt-mirrors.txt noble-updates',
    'mirror+file:/etc/apt/apt-mirrors.txt noble-backports',
    'mirror+file:/etc/apt/apt-mirrors.txt noble-security',
  ])
})

it('a machine without apt has no sources and no keyrings', async () => {
  expect(await readAptSources('/nowhere')).toEqual([])
  expect(await readTrustedKeyrings('/nowhere')).toEqual([])
})
