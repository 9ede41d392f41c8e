import { readFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { runCommand } from '../../../src/command.ts'
import { findDescription } from '../../../src/description/find.ts'
import { readDescription } from '../../../src/description/read.ts'
import { stageDescription } from '../../../src/description/stage.ts'
import { described, fixture, folderOf, image, temporaryFolder } from '../../unit/description/described.ts'

/** The real KIWI: `KIWI_NG`, else `kiwi-ng` on the PATH. */
const KIWI = process.env['KIWI_NG'] ?? 'kiwi-ng'

const SOURCES = [
  { uri: 'http://mirror.example.org/debian', distribution: 'bookworm-updates', components: ['main', 'contrib'] },
  { uri: 'http://mirror.example.org/debian', distribution: 'bookworm', keyrings: ['/keys/a.gpg'], imageInclude: false },
  { uri: 'http://public.example.org/debian', distribution: 'bookworm', imageOnly: true },
]

/** What KIWI says of a description: its schema, its rules, the type that it picks. */
async function info(folder: string, profiles: readonly string[] = []): Promise<string> {
  const chosen = profiles.flatMap((profile) => ['--profile', profile])
  const result = await runCommand(KIWI, [...chosen, 'image', 'info', '--description', folder], {
    env: { PATH: process.env['PATH'] ?? ['/usr/bin', '/bin'].join(delimiter), HOME: folder },
  })
  return `${result.stdout.toString()}${result.stderr}`
}

const staged = async (name: string) => {
  const description = await readDescription(await findDescription(fixture(name)))
  const placeholders = description.repositories.filter((repository) => repository.isPlaceholder)
  const repositories = new Map(placeholders.map(({ index }) => [index, SOURCES]))
  return stageDescription(description, join(await temporaryFolder(), 'stage'), { repositories })
}

describe('the real KIWI', () => {
  it.each(['container', 'debian', 'included', 'yaml'])('accepts the staged copy of %s', async (name) => {
    expect(await info(await staged(name))).toContain('Selected build type: oem')
  })

  it('accepts the staged copy of profiles, and picks the same profiles', async () => {
    const output = await info(await staged('profiles'), ['disk'])
    expect(output).toContain('Selected profiles: disk,common')
  })

  it.each(['gce', 'ova', 'qcow2', 'vagrant', 'vmdk', 'vdi', 'vhd', 'vhdx', 'vhd-fixed', 'oci:raw', 'docker:ova'])(
    'accepts the staged copy of a type with format="%s"',
    async (format) => {
      const description = await described(
        image(
          '<description type="system"><author>a</author><contact>b</contact><specification>c</specification></description>',
          `<preferences><version>1.0.0</version><packagemanager>apt</packagemanager>
          <type image="oem" filesystem="ext4" format="${format}" formatoptions="a=b" bundle_format="%N" installstick="true">
          <vagrantconfig provider="libvirt" virtualsize="4"/></type></preferences>`,
          '<repository type="apt-deb"><source path="https://example.org"/></repository>',
          '<packages type="image"><package name="a"/></packages><packages type="bootstrap"><package name="b"/></packages>',
        ),
      )
      const stage = await stageDescription(description, join(await temporaryFolder(), 'stage'))
      expect(await readFile(join(stage, 'config.xml'), 'utf8')).not.toContain('format=')
      expect(await info(stage)).toContain('Selected build type: oem')
    },
  )

  it('refuses a copy of which only a part was rewritten, so that its word above means something', async () => {
    const text = await readFile(fixture('container/config.xml'), 'utf8')
    const half = await folderOf({ 'config.xml': text.replace('format="oci:qcow2"', '') })
    await expect(info(half)).rejects.toThrow(/kiwi-ng failed/)
  })
})
