import { execFile } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { extname, join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeBase } from '../../support/base.ts'
import { type ArchivedImage, type Json, readArchive } from './archive.ts'
import { comparable, type Wanted } from './comparable.ts'
import { description, type RawDisk, rawDisk, wrappedTwice } from './wrapping.ts'

const run = promisify(execFile)

/** Every element and attribute that KIWI's schema has for a container, in orders that sorting would change. */
const FULL = `<containerconfig name="acme/app" tag="1.0" additionalnames=":stable,acme/other,acme/more:2"
  maintainer="The Team &lt;team@example.com&gt;" user="107:107" workingdir="/disk">
  <entrypoint execute="/usr/bin/boot"><argument name="--headless"/><argument name="with &quot;quotes&quot;, and space"/></entrypoint>
  <subcommand execute="run"><argument name="-v"/><argument name="a=b"/></subcommand>
  <expose><port number="8080/tcp"/><port number="22"/><port number="53/udp"/></expose>
  <volumes><volume name="/var/lib/app"/><volume name="/data"/></volumes>
  <stopsignal>SIGRTMIN+3</stopsignal>
  <environment><env name="ZED" value="last"/><env name="PATH" value="/x:/y"/><env name="EMPTY" value=""/></environment>
  <labels><label name="zz" value="last"/><label name="com.example.a" value="b=c, d"/></labels>
  <history created_by="the build" author="A Historian">
    two lines
    of comment</history>
</containerconfig>`

/** Over a base: the entrypoint goes, what else the base says is completed or replaced. */
const OVER_BASE = `<containerconfig name="acme/app">
  <entrypoint clear="true"/>
  <expose><port number="80"/></expose>
  <volumes><volume name="/data"/></volumes>
  <environment><env name="ZED" value="1"/><env name="PATH" value="/x"/><env name="ALPHA" value="2"/></environment>
  <labels><label name="org.example.base" value="no"/><label name="a" value="b"/></labels>
</containerconfig>`

let disk: RawDisk
let folder: string
let base: string
beforeAll(async () => {
  disk = await rawDisk()
  folder = await mkdtemp(join(tmpdir(), 'kiwi-container-'))
  base = join(folder, 'base.tar')
  await using made = await makeBase()
  await run('skopeo', ['copy', '--quiet', `oci:${made.layout}:amd64`, `oci-archive:${base}:latest`])
})
afterAll(async () => {
  await disk[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

interface Case {
  readonly attributes: string
  readonly content?: string
  readonly wanted?: Wanted
}

/** Wraps the disk by KIWI and by us, and compares all but how the archives name the image. */
async function compared(
  { attributes, content, wanted = {} }: Case,
  check: (kiwi: Image, ours: Image) => void | Promise<void>,
) {
  const ending = attributes.includes('docker:') ? 'docker' : 'oci'
  await using archives = await wrappedTwice(disk, description(attributes, content), ending)
  await using kiwi = await readArchive(archives.ofKiwi)
  await using ours = await readArchive(archives.ours)
  expect(comparable(ours, 'us', wanted)).toEqual(comparable(kiwi, 'KIWI', wanted))
  const format = extname(kiwi.disk).slice(1)
  const { stdout } = await run('qemu-img', ['compare', '-f', format, '-F', format, kiwi.disk, ours.disk])
  expect(stdout).toContain('Images are identical.')
  await check(kiwi, ours)
}

type Image = Omit<ArchivedImage, typeof Symbol.asyncDispose>

const namesOf = ({ entries }: Image) =>
  entries.map(({ annotations }) => (annotations as Json)['org.opencontainers.image.ref.name'])
const platformsOf = ({ entries }: Image) => entries.map(({ platform }) => platform)

const AMD64 = { os: 'linux', architecture: 'amd64' }

describe("an image of the same description and disk is KIWI's own", () => {
  it('with all that a <containerconfig> can say, and its further names, which KIWI leaves out', async () => {
    await compared({ attributes: 'format="oci:qcow2"', content: FULL }, (kiwi, ours) => {
      expect(ours.files).toEqual(['disk/app.x86_64-1.2.3.qcow2'])
      expect(namesOf(kiwi)).toEqual(['acme/app:1.0'])
      expect(namesOf(ours)).toEqual(['1.0', 'stable', 'acme/other:1.0', 'acme/more:2'])
      expect(platformsOf(kiwi)).toEqual([undefined])
      expect(platformsOf(ours)).toEqual([AMD64, AMD64, AMD64, AMD64])
    })
  })

  it("in docker's archive, with every name", async () => {
    await compared({ attributes: 'format="docker:qcow2"', content: FULL }, (kiwi, ours) => {
      const tags = (image: Image) => image.entries.map((entry) => entry['RepoTags'])
      expect(tags(ours)).toEqual(tags(kiwi))
      expect(tags(ours)[0]).toHaveLength(4)
    })
  })

  it('on a base whose entrypoint is cleared and whose other settings are completed', async () => {
    const attributes = `format="oci:qcow2" derived_from="file://${base}"`
    await compared({ attributes, content: OVER_BASE, wanted: { unsaid: true } }, (_, ours) => {
      expect(ours.config['config']).toMatchObject({ Cmd: ['ls'], WorkingDir: '/root' })
      expect(namesOf(ours)).toEqual(['latest'])
    })
  })

  it('on a base under an entrypoint, with a raw disk that bundle_format names', async () => {
    const attributes = `format="oci:raw" bundle_format="%N-%T.%A_v%M%m" derived_from="file://${base}"`
    const content = '<containerconfig name="a"><entrypoint execute="/usr/bin/boot"/></containerconfig>'
    await compared({ attributes, content, wanted: { unsaid: true } }, (_, ours) => {
      expect(ours.files).toEqual(['disk/app-oem.x86_64_v12.raw'])
      expect(ours.config['config']).toMatchObject({ Entrypoint: ['/usr/bin/boot'], Cmd: ['ls'] })
    })
  })

  it('without a <containerconfig>, but for the command that KIWI invents, with the options of the format', async () => {
    const attributes = 'format="oci:vmdk" formatoptions="subformat=streamOptimized"'
    await compared({ attributes, wanted: { unsaid: true, noCommand: true } }, async (kiwi, ours) => {
      expect(namesOf(kiwi)).toEqual(['kiwi-container:latest'])
      expect(namesOf(ours)).toEqual(['latest'])
      expect(await vmdkTypeOf(ours)).toBe(await vmdkTypeOf(kiwi))
    })
  })
})

async function vmdkTypeOf({ disk: file }: Image): Promise<unknown> {
  const { stdout } = await run('qemu-img', ['info', '--output=json', file])
  return JSON.parse(stdout)['format-specific'].data['create-type']
}
