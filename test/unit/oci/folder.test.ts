import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { makeFolder } from '../../../src/oci/store/folder.ts'

it('makes a folder and those above it, also again', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'folder-'))
  await makeFolder(join(folder, 'a/b/c'))
  await makeFolder(join(folder, 'a/b/c'))
  expect((await stat(join(folder, 'a/b/c'))).isDirectory()).toBe(true)
  await writeFile(join(folder, 'file'), '')
  await expect(makeFolder(join(folder, 'file'))).rejects.toThrow('EEXIST')
  await expect(makeFolder(join(folder, 'file/x'))).rejects.toThrow('ENOTDIR')
  await rm(folder, { recursive: true })
})

it('ends where a parent takes no folders', async () => {
  await expect(makeFolder('/proc/kiwi-oci/deep/er')).rejects.toThrow('ENOENT')
})
