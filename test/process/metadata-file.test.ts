import { lstat, readFile, symlink } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { DISK, failure, place, refusals } from './support/cli.ts'

it('a link as metadata file is written through and not replaced', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  await symlink('there.json', join(here.folder, 'm.json'))
  const wrapped = await here.run(['--disk', 'a.raw', '--metadata-file', 'm.json'])
  expect(wrapped.exitCode, wrapped.stderr).toBe(0)
  expect((await lstat(join(here.folder, 'm.json'))).isSymbolicLink()).toBe(true)
  const metadata = JSON.parse(await readFile(join(here.folder, 'there.json'), 'utf8'))
  expect(metadata['containerimage.digest']).toBe(wrapped.stdout.trim())
})

it('a place that cannot take the metadata is refused before anything is done', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  const args = ['--disk', 'a.raw', '--metadata-file']
  expect(await refusals(here, [...args, '.'])).toEqual(['--metadata-file: . is a folder: name a file'])
  expect(await refusals(here, [...args, 'nowhere/m.json'])).toEqual([
    expect.stringMatching(/^--metadata-file: .*nowhere cannot be written: /),
  ])
})

it('the metadata file may have the longest name that a file can have', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  const name = 'm'.repeat(255)
  const wrapped = await here.run(['--disk', 'a.raw', '--metadata-file', name])
  expect(wrapped.stderr).not.toContain('could not be written')
  const metadata = JSON.parse(await readFile(join(here.folder, name), 'utf8'))
  expect(metadata['containerimage.digest']).toBe(wrapped.stdout.trim())
})

it('metadata that cannot be written is an error: an older file would name another image', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  for (const file of ['/proc/m.json', '/dev/full']) {
    const code = file === '/dev/full' ? 'host-space' : 'host-metadata'
    const args = ['--disk', 'a.raw', '--export', 'oci:out', '--metadata-file', file]
    expect(await failure(here, code, args)).toEqual([
      expect.stringMatching(RegExp(code === 'host-space' ? 'no space' : file)),
    ])
  }
})
