import { expect, it } from 'vitest'
import { InputError } from '../../../src/errors.ts'
import { deb822Sources } from '../../../src/host/apt-sources.ts'
import { coded } from '../../support/coded.ts'
import { ask, DEBIAN_KEYRING, debian, ubuntu } from './repositoryquestion.ts'

it('a Debian machine gives its own mirror, the main suite last, with its keyring', async () => {
  expect((await ask({ sources: await debian() })).sources).toEqual([
    {
      uri: 'http://mirror.example.org/debian-security',
      distribution: 'bookworm-security',
      components: ['main'],
      keyrings: [DEBIAN_KEYRING],
    },
    {
      uri: 'http://mirror.example.org/debian',
      distribution: 'bookworm-updates',
      components: ['main'],
      keyrings: [DEBIAN_KEYRING],
    },
    {
      uri: 'http://mirror.example.org/debian',
      distribution: 'bookworm',
      components: ['main'],
      keyrings: [DEBIAN_KEYRING],
    },
  ])
})

it('a hosted runner gives the first of its mirrors that answers, and not the sources of others', async () => {
  const { sources } = await ask({
    element: { distribution: 'noble', components: ['main'] },
    sources: await ubuntu(),
    root: 'test/fixtures/host/ubuntu-24.04',
    answers: (uri, _, origin) => !uri.includes('azure') && (origin !== 'Ubuntu' || uri.includes('ubuntu.com')),
  })
  expect(sources.map((source) => `${source.uri} ${source.distribution} ${source.components?.join()}`)).toEqual([
    'http://archive.ubuntu.com/ubuntu/ noble-security main',
    'http://archive.ubuntu.com/ubuntu/ noble-updates main',
    'http://archive.ubuntu.com/ubuntu/ noble main',
  ])
})

it('another distribution than that of the machine comes from the public mirror', async () => {
  const { sources } = await ask({ element: { distribution: 'trixie' }, sources: await debian() })
  expect(sources).toEqual([
    {
      uri: 'http://ftp.debian.org/debian',
      distribution: 'trixie-updates',
      components: ['main'],
      keyrings: [DEBIAN_KEYRING],
    },
    {
      uri: 'http://security.debian.org/debian-security',
      distribution: 'trixie-security',
      components: ['main'],
      keyrings: [DEBIAN_KEYRING],
    },
    { uri: 'http://ftp.debian.org/debian', distribution: 'trixie', components: ['main'], keyrings: [DEBIAN_KEYRING] },
  ])
})

it('a mirror of the machine that does not answer gives way to the public one, and the log says so', async () => {
  const { sources, notes } = await ask({
    sources: await debian(),
    answers: (uri) => !uri.startsWith('http://mirror.example.org/debian'),
  })
  expect(sources.at(-1)?.uri).toBe('http://ftp.debian.org/debian')
  expect(notes).toContain(
    'http://mirror.example.org/debian is passed over: it has no bookworm of Debian, or does not answer',
  )
})

it('a mirror’s user and password stay out of what the log says, and in the address that is used', async () => {
  const uri = 'https://me:secret@mirror.example.org/debian'
  const sources = deb822Sources(`Types: deb\nURIs: ${uri}\nSuites: bookworm bookworm-updates\nComponents: main\n`)
  const silent = await ask({ sources, answers: (asked) => !asked.includes('@') })
  expect(silent.notes.join('\n')).toContain('https://mirror.example.org/debian is passed over')
  expect(silent.notes.join('\n')).not.toContain('secret')
  const trusted = sources.map((source) => ({ ...source, trusted: true }))
  const element = { distribution: 'bookworm', repositoryGpgcheck: true }
  expect((await ask({ sources: trusted, element })).notes.join('\n')).not.toContain('secret')
  expect((await ask({ sources })).sources.at(-1)?.uri).toBe(uri)
})

it('the download of a mirror list ends with the job', async () => {
  const sources = deb822Sources(
    'Types: deb\nURIs: mirror+http://127.0.0.1:1/mirrors.txt\nSuites: bookworm\nComponents: main\n',
  )
  await expect(ask({ sources, signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' })
})

it('an element without distribution means that of the machine', async () => {
  const { sources } = await ask({ element: {}, sources: await debian(), codename: 'bookworm' })
  expect(sources.at(-1)).toMatchObject({ uri: 'http://mirror.example.org/debian', distribution: 'bookworm' })
})

it('an element without distribution on a machine without codename asks for repositories', async () => {
  const question = ask({ element: { where: 'config.xml:31' } })
  await expect(question).rejects.toThrow(InputError)
  await expect(question).rejects.toThrow(/obsrepositories:\/ of config.xml:31 names no distribution.*set repositories/)
})

it('an unknown distribution asks for repositories', async () => {
  await expect(ask({ element: { distribution: 'daedalus' }, sources: await debian() })).rejects.toThrow(
    /set repositories/,
  )
})

it('a public mirror that does not answer is an error of the machine', async () => {
  await expect(ask({ element: { distribution: 'trixie' }, answers: () => false })).rejects.toThrow(
    coded(
      'host-mirror',
      "neither this machine's sources nor the public mirror http://ftp.debian.org/debian answer for trixie",
    ),
  )
})

it('sources of other architectures and other suites are none of ours', async () => {
  const [first] = await debian()
  if (first === undefined) throw new Error('the fixture is empty')
  const sources = [
    { ...first, architectures: ['arm64'] },
    { ...first, suite: 'bookworm/updates' },
    { ...first, suite: 'bookworm-backports' },
  ]
  expect((await ask({ sources })).sources.at(-1)?.uri).toBe('http://ftp.debian.org/debian')
})

it('two lines of one suite are one repository with the components of both', async () => {
  const line = (components: string) => ({
    uri: 'http://m.example.org',
    suite: 'bookworm',
    components: [components],
    trusted: false,
  })
  const { sources } = await ask({ sources: [line('main'), line('contrib')] })
  expect(sources).toEqual([
    {
      uri: 'http://m.example.org',
      distribution: 'bookworm',
      components: ['main', 'contrib'],
      keyrings: [DEBIAN_KEYRING],
    },
  ])
})

it('a source without Signed-By takes the keyring of the family, else those that apt trusts', async () => {
  const sources = [{ uri: 'http://m.example.org', suite: 'bookworm', components: ['main'], trusted: false }]
  const trustedKeyrings = ['/etc/apt/trusted.gpg.d/a.gpg', '/etc/apt/trusted.gpg.d/b.asc']
  expect((await ask({ sources, trustedKeyrings })).sources[0]?.keyrings).toEqual([DEBIAN_KEYRING])
  expect((await ask({ sources, trustedKeyrings, files: [] })).sources[0]?.keyrings).toEqual(trustedKeyrings)
})

it('a key within the sources is handed out as text', async () => {
  const key = '-----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n abcd\n -----END PGP PUBLIC KEY BLOCK-----'
  const sources = deb822Sources(
    `Types: deb\nURIs: http://m.example.org\nSuites: bookworm\nComponents: main\nSigned-By:\n ${key}`,
  )
  const { sources: found } = await ask({ sources })
  expect(found[0]).toMatchObject({ keyrings: [], keyringText: expect.stringMatching(/^-----BEGIN.*END.*\n$/s) })
})

it('a trusted source has no keyring', async () => {
  const sources = [{ uri: 'http://m.example.org', suite: 'bookworm', components: ['main'], trusted: true }]
  expect((await ask({ sources })).sources).toMatchObject([{ uri: 'http://m.example.org', keyrings: [] }])
})

it('a trusted source is passed over where signatures are asked for', async () => {
  const sources = [{ uri: 'http://m.example.org', suite: 'bookworm', components: ['main'], trusted: true }]
  const found = await ask({ sources, element: { distribution: 'bookworm', repositoryGpgcheck: true } })
  expect(found.sources.at(-1)?.uri).toBe('http://ftp.debian.org/debian')
  expect(found.notes).toHaveLength(1)
})

it('a private mirror never gets into the image: the public one does, and only there', async () => {
  const { sources } = await ask({ element: { distribution: 'bookworm', imageInclude: true }, sources: await debian() })
  const text = sources.map(
    (source) => `${source.uri} ${source.distribution} ${source.imageOnly ?? '-'} ${source.imageInclude ?? '-'}`,
  )
  expect(text).toEqual([
    'http://ftp.debian.org/debian bookworm-updates true -',
    'http://security.debian.org/debian-security bookworm-security true -',
    'http://ftp.debian.org/debian bookworm true -',
    'http://mirror.example.org/debian-security bookworm-security - -',
    'http://mirror.example.org/debian bookworm-updates - -',
    'http://mirror.example.org/debian bookworm - -',
  ])
})

it('a machine that uses the public mirror has it in build and image', async () => {
  const sources = [{ uri: 'https://ftp.debian.org/debian/', suite: 'bookworm', components: ['main'], trusted: false }]
  const found = await ask({ element: { distribution: 'bookworm', imageInclude: true }, sources })
  expect(found.sources).toMatchObject([{ uri: 'https://ftp.debian.org/debian/', imageInclude: true }])
})

it('a public mirror that stands in for the build gets into the image too', async () => {
  const found = await ask({ element: { distribution: 'trixie', imageInclude: true } })
  expect(found.sources.every((source) => source.imageInclude === true && source.imageOnly === undefined)).toBe(true)
})

it('a private mirror whose public one is not known cannot be put into the image', async () => {
  const sources = [{ uri: 'http://m.example.org', suite: 'daedalus', components: ['main'], trusted: false }]
  const found = ask({ element: { distribution: 'daedalus', imageInclude: true }, sources })
  await expect(found).rejects.toThrow(/no public one is known: set repositories/)
})
