import { readFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { distribution, readDistribution } from '../../../src/host/distribution.ts'

const fixture = (name: string) => readFile(`test/fixtures/host/os-release/${name}`, 'utf8')

it.each([
  [
    'debian-12',
    { id: 'debian', family: 'debian', packages: 'debian', installer: 'apt', versionId: '12', codename: 'bookworm' },
  ],
  [
    'ubuntu-24.04',
    { id: 'ubuntu', family: 'debian', packages: 'ubuntu', installer: 'apt', versionId: '24.04', codename: 'noble' },
  ],
  [
    'linuxmint-22',
    { id: 'linuxmint', family: 'debian', packages: 'ubuntu', installer: 'apt', versionId: '22', codename: 'noble' },
  ],
  ['fedora-42', { id: 'fedora', family: 'fedora', packages: 'fedora', installer: 'dnf', versionId: '42' }],
  ['rocky-9', { id: 'rocky', family: 'fedora', packages: 'fedora', installer: 'dnf', versionId: '9.5' }],
  [
    'opensuse-tumbleweed',
    { id: 'opensuse-tumbleweed', family: 'suse', packages: 'suse', installer: 'zypper', versionId: '20251101' },
  ],
])('%s is known by its os-release', async (name, wanted) => {
  expect(distribution(await fixture(name))).toEqual(wanted)
})

it('a distribution whose package names we do not know is none', async () => {
  expect(distribution(await fixture('alpine-3.22'))).toBeUndefined()
  expect(distribution('')).toBeUndefined()
})

it('a machine without os-release is none', async () => {
  expect(await readDistribution('/nowhere')).toBeUndefined()
})
