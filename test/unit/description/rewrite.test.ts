import { describe, expect, it } from 'vitest'
import type { Description } from '../../../src/description/description.ts'
import { findDescription } from '../../../src/description/find.ts'
import { readDescription } from '../../../src/description/read.ts'
import type { RepositorySource } from '../../../src/description/repositorysource.ts'
import { type DescriptionEdits, rewrittenDocuments } from '../../../src/description/rewrite.ts'
import { attributeValue, xmlTree } from '../../../src/description/xml.ts'
import { described, fixture, image, preferences } from './described.ts'

function rewritten(description: Description, edits: DescriptionEdits = {}): string {
  return rewrittenDocuments(description, edits, new Map()).get(description.file) ?? ''
}

async function withSources(repository: string, sources: readonly RepositorySource[]): Promise<string> {
  const description = await described(image(preferences('<type image="oem"/>'), repository))
  return rewritten(description, { repositories: new Map([[0, sources]]) })
    .split('\n')
    .slice(2, -2)
    .join('\n')
}

describe('rewriting for the raw disk', () => {
  it('takes all out of every disk type that makes more of the disk, and nothing else', async () => {
    const description = await readDescription(await findDescription(fixture('container')))
    const lines = rewritten(description).split('\n')
    expect(lines.slice(12, 29)).toEqual([
      '        <type image="docker" derived_from="obs://project/image">',
      '            <containerconfig name="kept" tag="of-the-docker-type"/>',
      '        </type>',
      '        <type image="oem" primary="true" filesystem="btrfs" firmware="uefi"',
      '',
      '',
      '',
      `              btrfs_root_is_snapper_snapshot="true" editbootinstall="${fixture('scripts/boot.sh')}"><!-- kept -->`,
      '            <bootloader name="grub2" timeout="1"/>',
      '            <systemdisk>',
      '                <volume name="home"/>',
      '            </systemdisk>',
      '            <size unit="G">4</size>',
      '            ',
      '',
      '',
      '',
    ])
    expect(lines).toContain('        <type image="oem" filesystem="xfs" mdraid="mirroring">')
    expect(lines[1]).toBe('<!DOCTYPE image [ <!ENTITY release "1.10.0"> ]>')
    expect(lines).toHaveLength(description.documents[0]?.text.split('\n').length ?? 0)
  })

  it('takes out the initrd of an installation medium, which the schema takes only beside one', async () => {
    const medium = '<installmedia><initrd action="add"><dracut module="x"/></initrd></installmedia>'
    const description = await described(image(preferences(`<type image="oem" installiso="true">${medium}</type>`)))
    expect(rewritten(description)).toContain('<type image="oem"></type>')
  })

  it('points references that climb out of the folder to where they stand', async () => {
    const text = rewritten(await readDescription(await findDescription(fixture('container'))))
    expect(text).toContain(`<source path="dir://${fixture('tools')}">`)
    expect(text).toContain(`<signing key="file://${fixture('tools/key.asc')}"/>`)
    expect(text).toContain(`<archive name="${fixture('shared.tar.gz')}"/>`)
  })

  it('leaves references within the folder, absolute ones and other names alone', async () => {
    const xml = image(
      preferences('<type image="oem" editbootconfig="scripts/../a.sh" editbootinstall="/b.sh"/>'),
      '<repository customize="c.sh"><source path="this://repo"><signing key="this:///k"/></source></repository>',
      '<packages type="image"><package name="../x"/><archive name="d.tar"/><file name="e"/></packages>',
    )
    expect(rewritten(await described(xml))).toBe(xml)
  })

  it('takes scripts, files and keys from outside', async () => {
    const description = await described(
      image(
        preferences('<type image="oem" editbootconfig="../a b.sh"/>'),
        `<repository customize='../"c".sh'><source path="https://example.org"/></repository>`,
        '<packages type="image"><file name="x/../../e"/></packages>',
      ),
    )
    const outside = description.folder.replace(/\/[^/]*$/, '')
    const text = rewritten(description)
    expect(text).toContain(`editbootconfig="${outside}/a b.sh"`)
    expect(text).toContain(`customize='${outside}/&quot;c&quot;.sh'`)
    expect(text).toContain(`<file name="${outside}/e"/>`)
  })

  it('keeps line ends of Windows where it takes lines out', async () => {
    const xml = image(
      preferences('<type image="oem"\n format="qcow2"><containerconfig\n name="a"/>\n</type>'),
    ).replaceAll('\n', '\r\n')
    const text = rewritten(await described(xml))
    expect(text).toContain('<type image="oem"\r\n>\r\n\r\n</type>')
  })

  it('declares UTF-8 where another encoding was declared', async () => {
    const xml = `<?xml version='1.0' encoding='ISO-8859-15' standalone="yes"?>\n${image(preferences('<type image="oem"/>'))}`
    expect(rewritten(await described(xml)).split('\n')[0]).toBe(
      `<?xml version='1.0' encoding='UTF-8' standalone="yes"?>`,
    )
  })

  it('changes nothing in a description that asks for the raw disk', async () => {
    const xml = `<?xml version="1.0" encoding="utf-8"?>\n${image(preferences('<type image="oem" filesystem="ext4"/>'))}`
    expect(rewritten(await described(xml))).toBe(xml)
  })
})

describe('what stands for obsrepositories:/', () => {
  it('is one repository per source, in their order, on the same line', async () => {
    const text = await withSources(
      '<repository type="apt-deb" alias="debian" repository_gpgcheck="true"><source path="obsrepositories:/"/></repository>',
      [
        {
          uri: 'http://a',
          distribution: 'bookworm-updates',
          components: ['main', 'contrib'],
          keyrings: ['/k.gpg', '/l.gpg'],
        },
        { uri: 'http://b', distribution: 'bookworm' },
      ],
    )
    const signing = '<signing key="file:///k.gpg"/><signing key="file:///l.gpg"/>'
    expect(text).toBe(
      `<repository components="main contrib" distribution="bookworm-updates" type="apt-deb" alias="debian" repository_gpgcheck="true"><source path="http://a">${signing}</source></repository><repository distribution="bookworm" type="apt-deb" alias="debian-2" repository_gpgcheck="true"><source path="http://b"/></repository>`.replace(
        'components="main contrib" distribution="bookworm-updates"',
        'distribution="bookworm-updates" components="main contrib"',
      ),
    )
  })

  it('keeps the lines of the element and what else stands in it', async () => {
    const text = await withSources(
      "<repository distribution='old'\n  components='main'><!-- a\n b -->\n <source path='obsrepositories:/'>\n  <signing key='file:///own'/></source></repository>",
      [{ uri: 'http://a' }, { uri: 'http://b', distribution: 'new', components: [], keyrings: ['/k'] }],
    )
    expect(text.split('\n')).toHaveLength(5)
    const [first, second] = text.split('</repository>')
    expect(first).toContain("<repository alias=\"repository\" distribution='old'\n  components='main'><!-- a\n b -->")
    expect(first).toContain("<source path='http://a'>\n  <signing key='file:///own'/>")
    expect(second).toContain("distribution='new'   components=''")
    expect(second).toContain(
      "<source path='http://b'><signing key=\"file:///k\"/>   <signing key='file:///own'/></source>",
    )
  })

  it('has a name of its own each, also beside those of other repositories', async () => {
    const description = await described(
      image(
        preferences('<type image="oem"/>'),
        '<repository alias="d"><source path="obsrepositories:/"/></repository>',
        '<repository><source path="obsrepositories:/"/></repository>',
        '<repository alias="d-2"><source path="https://example.org"/></repository>',
      ),
    )
    const sources = [
      { uri: 'http://a', distribution: 'd' },
      { uri: 'http://b', distribution: 'd/e ü' },
      { uri: 'http://c' },
    ]
    const text = rewritten(description, { repositories: new Map([0, 1].map((index) => [index, sources])) })
    const aliases = xmlTree({ file: '/x', text }).children.flatMap((element) => attributeValue(element, 'alias') ?? [])
    expect(aliases).toEqual(['d', 'd-3', 'd-4', 'd-5', 'd-e--', 'repository', 'd-2'])
  })

  it('gets no name where it is alone and had none', async () => {
    const text = await withSources('<repository><source path="obsrepositories:/"/></repository>', [{ uri: 'http://a' }])
    expect(text).toBe('<repository><source path="http://a"/></repository>')
  })

  it.each([
    ['imageinclude="true"', { imageInclude: false }, undefined, undefined],
    ['imageinclude="true"', { imageInclude: true }, 'true', undefined],
    ['imageinclude="true"', {}, 'true', undefined],
    ['imageinclude="true"', { imageOnly: true }, undefined, 'true'],
    ['imageonly="true"', { imageInclude: true }, 'true', undefined],
    ['imageonly="true"', { imageOnly: false }, undefined, undefined],
    ['imageonly="true"', {}, undefined, 'true'],
    ['', { imageInclude: true }, 'true', undefined],
    ['', { imageInclude: false }, undefined, undefined],
  ])('with %s and %j is for the image: %s, only: %s', async (attribute, source, include, only) => {
    const xml = `<repository ${attribute}><source path="obsrepositories:/"/></repository>`
    const element = xmlTree({ file: '/x', text: await withSources(xml, [{ uri: 'http://a', ...source }]) })
    expect([attributeValue(element, 'imageinclude'), attributeValue(element, 'imageonly')]).toEqual([include, only])
  })

  it('is written so that nothing breaks out of its quotes', async () => {
    const nasty = `a"'<&>\t\n😀`
    const text = await withSources("<repository><source path='obsrepositories:/'/></repository>", [
      { uri: nasty, distribution: nasty, components: [nasty], keyrings: [`/${nasty}`] },
    ])
    const element = xmlTree({ file: '/x', text })
    const source = element.children[0]
    expect([attributeValue(element, 'distribution'), attributeValue(element, 'components')]).toEqual([nasty, nasty])
    expect(source === undefined ? '' : attributeValue(source, 'path')).toBe(nasty)
    expect(source?.children.map((signing) => attributeValue(signing, 'key'))).toEqual([`file:///${nasty}`])
  })

  it('may be nothing', async () => {
    expect(await withSources('<repository>\n<source path="obsrepositories:/"/></repository>', [])).toBe('\n')
  })

  it('leaves the other repositories alone', async () => {
    const description = await readDescription(await findDescription(fixture('debian')))
    const text = rewritten(description, { repositories: new Map([[1, [{ uri: 'http://a' }]]]) })
    expect(text).toContain('<source path="obsrepositories:/">')
    expect(text).toContain('<repository type="apt-deb"><source path=\'http://a\'/></repository>')
  })

  it('takes the references of a replaced repository along', async () => {
    const description = await described(
      image(
        preferences('<type image="oem"/>'),
        '<repository customize="../c.sh"><source path="obsrepositories:/"/></repository>',
      ),
    )
    const text = rewritten(description, { repositories: new Map([[0, [{ uri: 'http://a' }, { uri: 'http://b' }]]]) })
    const outside = description.folder.replace(/\/[^/]*$/, '')
    expect(text.split(`customize="${outside}/c.sh"`)).toHaveLength(3)
  })
})
