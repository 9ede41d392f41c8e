import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { familyOf, publicMirrors, publicSuites, readMirrors } from '../../../src/host/mirrors.ts'
import { coded } from '../../support/coded.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiwi-oci-mirrors-'))
})
afterEach(() => rm(folder, { recursive: true }))

function suitesOf(codename: string, architecture: string): readonly string[] {
  const family = familyOf(publicMirrors, codename)
  if (family === undefined) throw new Error(`${codename} has no family`)
  return publicSuites(family, codename, architecture).map((suite) => `${suite.uri} ${suite.suite}`)
}

it('Debian has its security suite on another mirror', () => {
  expect(suitesOf('bookworm', 'x86_64')).toEqual([
    'http://ftp.debian.org/debian bookworm',
    'http://ftp.debian.org/debian bookworm-updates',
    'http://security.debian.org/debian-security bookworm-security',
  ])
})

it('the rolling Debian has one suite', () => {
  expect(suitesOf('sid', 'x86_64')).toEqual(['http://ftp.debian.org/debian sid'])
})

it('Ubuntu has another mirror for what is not x86', () => {
  expect(suitesOf('noble', 'x86_64')).toEqual([
    'http://archive.ubuntu.com/ubuntu noble',
    'http://archive.ubuntu.com/ubuntu noble-updates',
    'http://security.ubuntu.com/ubuntu noble-security',
  ])
  expect(suitesOf('noble', 'aarch64')).toEqual([
    'http://ports.ubuntu.com/ubuntu-ports noble',
    'http://ports.ubuntu.com/ubuntu-ports noble-updates',
    'http://ports.ubuntu.com/ubuntu-ports noble-security',
  ])
})

it('an unknown codename has no family', () => {
  expect(familyOf(publicMirrors, 'daedalus')).toBeUndefined()
})

it('a table from a file takes the place of ours', async () => {
  const path = join(folder, 'mirrors.json')
  await writeFile(path, JSON.stringify(publicMirrors))
  expect(await readMirrors(path)).toEqual(publicMirrors)
})

it.each([
  ['of another shape', '[{"name":"debian"}]', 'has another shape'],
  ['that is no JSON', 'debian', 'cannot be read'],
])('a table %s is an error that names the file', async (_, text, problem) => {
  const path = join(folder, 'mirrors.json')
  await writeFile(path, text)
  await expect(readMirrors(path)).rejects.toThrow(coded('host-mirror-table', new RegExp(`${path}.*${problem}`)))
})
