import { cp, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { makeBase } from '../support/base.ts'
import { DISK, place } from './support/cli.ts'

it('a base on this machine with a damaged layer is told at once as what it is', async () => {
  await using base = await makeBase()
  await using here = await place()
  await here.write('a.raw', DISK)
  const copy = join(here.folder, 'base')
  await cp(base.layout, copy, { recursive: true })
  for (const name of await readdir(join(copy, 'blobs/sha256'))) {
    const file = join(copy, 'blobs/sha256', name)
    const bytes = await readFile(file)
    if (bytes.subarray(0, 1).toString() === '{') continue
    bytes[bytes.length >> 1] = (bytes[bytes.length >> 1] ?? 0) ^ 1
    await writeFile(file, bytes)
  }
  const failed = await here.run(['--disk', 'a.raw', '--base-image', 'oci:base:amd64', '--export', 'oci:out'])
  expect(failed.stderr).not.toContain('trying again')
  expect(failed.codes).toEqual(['registry-archive'])
  expect(failed.exitCode).toBe(2)
  expect(await readdir(here.folder)).toEqual(['a.raw', 'base'])
})
