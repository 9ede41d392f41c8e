import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { makeWhole } from '../../../src/registry/target/beside.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'beside-'))
})
afterEach(() => rm(folder, { recursive: true }))

describe('a folder that is made whole', () => {
  it.each(['EEXIST', 'ENOTDIR', 'ENOTEMPTY'])(
    'is not taken for one of others after %s in what fills it',
    async (code) => {
      const fill = async () => {
        throw Object.assign(new Error('from within'), { code })
      }
      await expect(makeWhole(join(folder, 'a/b/new'), fill)).rejects.toThrow('from within')
      expect(await readdir(folder)).toEqual([])
    },
  )

  it.each(['a folder', 'a file'])('gives way to %s that came meanwhile', async (what) => {
    const path = join(folder, 'new')
    const fill = async () => {
      if (what === 'a folder') await mkdir(join(path, 'theirs'), { recursive: true })
      else await writeFile(path, 'theirs')
    }
    expect(await makeWhole(path, fill)).toBe(false)
    expect(await readdir(folder)).toEqual(['new'])
  })
})
