import { chmod, mkdir, mkdtemp, readdir, readFile, realpath, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { makePrivatePlaces } from '../../../src/host/private-places.ts'

let machine: string
let own: string
beforeEach(async () => {
  machine = await realpath(await mkdtemp(join(tmpdir(), 'kiwi-oci-private-')))
  own = join(machine, 'own')
  await mkdir(join(machine, 'dpkg/info'), { recursive: true })
  await writeFile(join(machine, 'dpkg/arch'), 'amd64\n')
  await chmod(join(machine, 'dpkg/arch'), 0o640)
  await writeFile(join(machine, 'dpkg/info/tar.list'), '/bin/tar\n')
  await symlink('arch', join(machine, 'dpkg/link'))
})
afterEach(() => rm(machine, { recursive: true }))

const place = (path: string, shows: 'files' | 'nothing' = 'files') => [{ path: join(machine, path), shows }]

it('a build sees copies of the files of a place, and none of its folders’', async () => {
  const [bind] = await makePrivatePlaces(own, [], place('dpkg'))
  expect(bind).toEqual({ from: join(own, '0'), to: join(machine, 'dpkg') })
  expect((await readdir(join(own, '0'), { recursive: true })).sort()).toEqual(['arch', 'info', 'link'])
  expect(await readFile(join(own, '0/link'), 'utf8')).toBe('amd64\n')
  expect((await stat(join(own, '0/arch'))).mode & 0o777).toBe(0o640)
  await writeFile(join(own, '0/arch'), 'i386\n')
  expect(await readFile(join(machine, 'dpkg/arch'), 'utf8')).toBe('amd64\n')
})

it('a build sees nothing of a place that it only writes to', async () => {
  await makePrivatePlaces(own, [], place('dpkg', 'nothing'))
  expect(await readdir(join(own, '0'))).toEqual([])
})

it('a place that the build itself lies in stays as it is', async () => {
  expect(await makePrivatePlaces(own, [join(machine, 'dpkg/info/work')], place('dpkg'))).toEqual([])
})

it('a place that is not there is made for the build, where its folder is', async () => {
  expect(await makePrivatePlaces(own, [], [...place('new'), ...place('none/new')])).toEqual([
    { from: join(own, '0'), to: join(machine, 'new') },
  ])
})

it('a place behind a link is where the link leads to', async () => {
  await symlink('dpkg', join(machine, 'linked'))
  const [bind] = await makePrivatePlaces(own, [], place('linked'))
  expect(bind?.to).toBe(join(machine, 'dpkg'))
})
