import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readKiwiResult } from '../../../src/kiwi/result.ts'
import { coded } from '../../support/coded.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiwi-result-'))
  await mkdir(join(folder, 'target'))
})
afterEach(() => rm(folder, { recursive: true }))

const target = () => join(folder, 'target')
const result = (text: string) => writeFile(join(target(), 'kiwi.result.json'), text)
const disk = (filename: string) => result(JSON.stringify({ disk_image: { filename, use_for_bundle: true } }))

describe('the result of a build', () => {
  it('is the raw disk and the name that KIWI gave it', async () => {
    const path = join(target(), 'debian.x86_64-1.2.3.raw')
    await writeFile(path, 'x')
    await disk(path)
    expect(await readKiwiResult(target())).toEqual({ disk: path })
  })

  it('is refused outside of the target folder', async () => {
    await writeFile(join(folder, 'x.raw'), 'x')
    await writeFile(join(target(), 'x.raw'), 'x')
    await disk(join(folder, 'x.raw'))
    await expect(readKiwiResult(target())).rejects.toThrow('is no file in')
  })

  it('is refused when it is a link', async () => {
    await symlink('/etc/shadow', join(target(), 'x.raw'))
    await disk(join(target(), 'x.raw'))
    await expect(readKiwiResult(target())).rejects.toThrow('is no file in')
  })

  it('is refused when the file is not there', async () => {
    await disk(join(target(), 'x.raw'))
    await expect(readKiwiResult(target())).rejects.toThrow('is no file in')
  })

  it('without a disk says what to choose', async () => {
    await result('{"container": {"filename": "/x.tar"}}')
    await expect(readKiwiResult(target())).rejects.toThrow(coded('kiwi-no-disk', 'KIWI built no disk: choose a type'))
  })

  it('that is cut off says so', async () => {
    await result('{"disk_image"')
    await expect(readKiwiResult(target())).rejects.toThrow(coded('kiwi-result', 'is no JSON'))
  })

  it('that is missing says so', async () => {
    await expect(readKiwiResult(target())).rejects.toThrow(coded('kiwi-result', 'KIWI ended without'))
  })
})
