import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { DISK, description, place, refusals } from '../support/cli.ts'

const TYPE = (base: string) =>
  `<type image="oem" format="oci:qcow2" filesystem="ext4" derived_from="${base}"><containerconfig name="x"/></type>`

it('a base whose archive is missing', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  expect(await refusals(here, ['--disk', 'a.raw', '--base-image', 'file:base.tar.xz'])).toEqual([
    "--base-image: 'file:base.tar.xz' is not there: name the file of a container archive",
  ])
})

it('a base that is a folder and no layout', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  await mkdir(join(here.folder, 'base'))
  expect(await refusals(here, ['--disk', 'a.raw', '--base-image', 'oci-archive:base'])).toEqual([
    "--base-image: 'oci-archive:base' is a folder: it holds no container: name an OCI layout, or the file of a container archive",
  ])
})

it('a base of the description that is no container, at its line', async () => {
  await using here = await place()
  const file = await here.write('base.tar', DISK)
  await here.write('d/config.xml', description({ type: TYPE(`file://${file}`) }))
  expect(await refusals(here, ['--description', 'd'])).toEqual([
    `config.xml:9: 'file://${file}' is no archive of a container, it is broken (entry 1: the checksum of its header is wrong): name one of oci-archive or docker-archive`,
  ])
})

it('several bases of the description', async () => {
  await using here = await place()
  await here.write('d/config.xml', description({ type: TYPE('docker://a,docker://b') }))
  expect(await refusals(here, ['--description', 'd'])).toEqual([
    expect.stringMatching(/^config\.xml:9: 'docker:\/\/a,docker:\/\/b' names 2 bases, .*: write one/),
  ])
})
