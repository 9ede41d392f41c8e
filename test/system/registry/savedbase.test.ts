import { execFile } from 'node:child_process'
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { BaseImage } from '../../../src/oci/baseimage.ts'
import { resolveBase } from '../../../src/registry/base/base.ts'
import { fetchBase } from '../../../src/registry/base/fetch.ts'
import { openBase } from '../../../src/registry/base/openbase.ts'
import { type Base, makeBase } from '../../support/base.ts'
import { coded } from '../../support/coded.ts'
import { type TestAccess, testAccess } from '../../support/registry.ts'

const run = promisify(execFile)

let base: Base
let access: TestAccess
/** The file as newer dockers save an image: a layout, and Docker's own archive, in one. */
let archive: string

beforeEach(async () => {
  base = await makeBase()
  access = await testAccess()
  archive = join(access.tmpFolder, 'both.tar')
  const tree = join(access.tmpFolder, 'tree')
  await mkdir(tree)
  const skopeo = ['copy', '--quiet', `oci:${base.layout}:amd64`, `docker-archive:${archive}:localhost/acme/base:1`]
  await run('skopeo', skopeo, { env: { ...access.environment } })
  await run('tar', ['-C', tree, '-xf', archive])
  // skopeo's own has links to layers, for dockers before 1.10.
  await run('find', [tree, '-type', 'l', '-delete'])
  await run('cp', ['-r', join(base.layout, 'oci-layout'), join(base.layout, 'blobs'), tree])
  const { manifests } = JSON.parse(await readFile(join(base.layout, 'index.json'), 'utf8'))
  const index = { schemaVersion: 2, manifests: manifests.slice(0, 1) }
  await writeFile(join(tree, 'index.json'), JSON.stringify(index))
  await run('tar', ['-C', tree, '-cf', archive, '.'])
})
afterEach(async () => {
  await access[Symbol.asyncDispose]()
  await base[Symbol.asyncDispose]()
})

async function fetched(text: string): Promise<readonly string[]> {
  const folder = (name: string) => join(access.tmpFolder, name)
  const opened = await openBase(text, folder('archive'), access)
  if (opened === 'scratch') throw new Error('scratch is no base')
  const resolved = await resolveBase(opened, { os: 'linux', architecture: 'amd64' }, access)
  const image: BaseImage = await fetchBase(resolved, folder(`job-${text.split(':')[0]}`), undefined, access)
  return image.manifest.layers.map(({ digest }) => digest)
}

it('an archive of both kinds is read as a layout, unless it is asked for as the other', async () => {
  expect(await fetched(`file:${archive}`)).toEqual(base.layers)
  expect(await fetched(`docker-archive:${archive}`)).toEqual(base.diffIDs)
})

it('an archive with links is no layout, for skopeo would follow them out of it', async () => {
  await symlink('/', join(access.tmpFolder, 'way'))
  await run('tar', ['-C', access.tmpFolder, '-rf', archive, 'way'])
  expect(await fetched(`file:${archive}`)).toEqual(base.diffIDs)
  await expect(fetched(`oci-archive:${archive}`)).rejects.toThrow(
    coded('registry-archive', /is no oci-archive but a docker-archive/),
  )
})
