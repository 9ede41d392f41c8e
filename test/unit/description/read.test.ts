import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findDescription } from '../../../src/description/find.ts'
import { readDescription } from '../../../src/description/read.ts'
import { described, fixture, folderOf, image, preferences, problemsOf } from './described.ts'

const OEM = preferences('<type image="oem"/>')

describe('reading a description', () => {
  it('knows name, schema version, author, profiles, preferences and repositories', async () => {
    const description = await readDescription(await findDescription(fixture('profiles')))
    expect(description).toMatchObject({
      folder: fixture('profiles'),
      file: fixture('profiles/appliance.kiwi'),
      name: 'profiled',
      schemaVersion: '8.0',
      author: 'Ada <ada@example.org>',
    })
    expect(description.profiles.map((profile) => [profile.name, profile.isDefault, profile.architectures])).toEqual([
      ['common', false, []],
      ['disk', true, []],
      ['live', false, []],
      ['arm', false, ['aarch64']],
    ])
    expect(description.profiles[1]?.requires.map(({ profile, architectures }) => [profile, architectures])).toEqual([
      ['common', []],
      ['arm', ['aarch64']],
    ])
    expect(
      description.preferences.map(({ version, profiles, types }) => [version?.text, profiles, types.length]),
    ).toEqual([
      [undefined, [], 0],
      ['2.0.1', ['common'], 0],
      ['3.0.0', ['disk'], 2],
      ['4.0.0', ['disk', 'arm'], 1],
      ['5.0.0', ['live'], 1],
    ])
    expect(
      description.repositories.map(({ index, uri, isPlaceholder, line }) => [index, uri, isPlaceholder, line]),
    ).toEqual([
      [0, 'https://example.org/x86', false, 38],
      [1, 'obsrepositories:/', true, 41],
      [2, 'obs://project/standard', false, 44],
    ])
  })

  it('keeps all attributes of a repository', async () => {
    const description = await readDescription(await findDescription(fixture('debian')))
    expect(description.repositories[0]).toMatchObject({
      attributes: {
        type: 'apt-deb',
        alias: 'main',
        distribution: 'bookworm',
        components: 'main',
        repository_gpgcheck: 'true',
        imageinclude: 'true',
      },
    })
  })

  it('reads included files in the place of their <include>, with their own file and line', async () => {
    const description = await readDescription(await findDescription(fixture('included')))
    expect(description.documents.map((document) => document.file)).toEqual([
      fixture('included/config.xml'),
      fixture('included/parts/who.xml'),
      fixture('included-parts/disk.xml'),
    ])
    expect(description.author).toBe('Ada <ada@example.org>')
    expect(description.preferences[0]?.types[0]).toMatchObject({ file: fixture('included-parts/disk.xml'), line: 6 })
  })

  it('reads a file that is included twice as KIWI does: its sections stand there twice', async () => {
    const part = '<image><repository><source path="https://example.org"/></repository></image>'
    const include = '<include from="this://part.xml"/>'
    const description = await described({ 'config.xml': image(include, OEM, include), 'part.xml': part })
    expect(description.documents).toHaveLength(2)
    expect(description.repositories.map(({ index, uri }) => [index, uri])).toEqual([
      [0, 'https://example.org'],
      [1, 'https://example.org'],
    ])
  })

  it.each(['file:///$/part.xml', '/$/part.xml', 'part.xml', 'file://part.xml', 'this://part.xml'])(
    'finds the included file of from="%s"',
    async (from) => {
      const folder = await folderOf({ 'part.xml': `<image>${OEM}</image>` })
      const include = `<include from="${from.replace('/$', folder)}"/>`
      const main = await folderOf({
        'config.xml': image(include),
        ...(from.includes('$') ? {} : { 'part.xml': `<image>${OEM}</image>` }),
      })
      expect((await readDescription(await findDescription(main))).preferences).toHaveLength(1)
    },
  )

  it('reads another encoding', async () => {
    const text = `<?xml version="1.0" encoding="iso-8859-1"?>${image('<description><author>Jörg</author></description>', OEM)}`
    expect((await described({ 'config.xml': Buffer.from(text, 'latin1') })).author).toBe('Jörg')
  })

  it('reads YAML and names lines of it', async () => {
    const description = await readDescription(await findDescription(fixture('yaml')))
    expect(description).toMatchObject({ name: 'yaml-appliance', schemaVersion: '8.0' })
    expect(description.preferences[0]).toMatchObject({ version: { text: '1.10.0' }, packageManager: 'apt' })
    expect(description.preferences[0]?.types.map((type) => type.line)).toEqual([16, 18])
    expect(description.repositories[0]).toMatchObject({
      file: fixture('yaml/config.yaml'),
      line: 36,
      isPlaceholder: true,
    })
  })

  it('says all problems of the main file and of included files at once', async () => {
    const folder = await folderOf({
      'config.xml':
        '<image>\n<include/>\n<include from="this://a.xml"/>\n<include from="this://b.xml"/>\n<include from="this://c.xml"/></image>',
      'a.xml': '<image>',
      'b.xml': '<preferences/>',
    })
    const { kind, problems, lines } = await problemsOf(async () => readDescription(await findDescription(folder)))
    expect(kind).toBe('description')
    expect(lines).toEqual([
      'config.xml:1: <image> has no name: write name="NAME"',
      'config.xml:1: <image> has no schemaversion: write the one of your KIWI, such as schemaversion="8.0"',
      'config.xml:2: this <include> names no file: write from="this://FILE"',
      'a.xml:1: not well-formed XML: <image> of line 1 is never closed: write </image>',
      'b.xml:1: KIWI includes what stands in an <image> element: put one around it',
      `config.xml:5: ${join(folder, 'c.xml')} cannot be read: name a file that exists`,
      'config.xml:1: there is no <preferences> section: add one with a <type>',
    ])
    expect(problems[3]).toMatchObject({ file: join(folder, 'a.xml'), line: 1 })
  })

  it('refuses what is no description, and a name that is none for files', async () => {
    expect((await problemsOf(() => described('<html/>'))).lines[0]).toBe(
      'config.xml:1: <html> is no KIWI description: its outermost element is <image>',
    )
    const named = image(OEM).replace('"test"', '"a/../b"')
    expect((await problemsOf(() => described(named))).lines).toEqual([
      'config.xml:1: the image name "a/../b" may hold letters, digits, _, - and . only',
    ])
  })
})
