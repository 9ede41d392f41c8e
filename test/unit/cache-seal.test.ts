import { appendFile, chmod, cp, mkdir, mkdtempDisposable, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { sealFolder, sealProblem } from '../../src/cache/seal.ts'
import { digestOf } from '../../src/oci/digest.ts'

const lock = digestOf('lock')

async function sealed() {
  const folder = await mkdtempDisposable(join(tmpdir(), 'seal-'))
  const at = (...parts: string[]) => join(folder.path, 'kiwi', ...parts)
  await mkdir(at('lib', 'site'), { recursive: true })
  await writeFile(at('lib', 'site', 'kiwi.py'), 'print()')
  await writeFile(at('kiwi-ng'), '#!/bin/sh\n', { mode: 0o755 })
  await symlink('lib', at('lib64'))
  await sealFolder(at(), lock)
  return { at, [Symbol.asyncDispose]: async () => await folder.remove() }
}

describe('a sealed folder', () => {
  it('is what it was, also as a copy elsewhere', async () => {
    await using work = await sealed()
    expect(await sealProblem(work.at(), lock)).toBeUndefined()
    await cp(work.at(), work.at('..', 'copy'), { recursive: true, verbatimSymlinks: true })
    expect(await sealProblem(work.at('..', 'copy'), lock)).toBeUndefined()
  })

  it.each([
    ['changed', (at: string) => writeFile(join(at, 'lib/site/kiwi.py'), 'print[)'), 'lib/site/kiwi.py'],
    ['cut', (at: string) => truncate(join(at, 'lib/site/kiwi.py'), 6), 'lib/site/kiwi.py'],
    ['grown', (at: string) => appendFile(join(at, 'kiwi-ng'), ' '), 'kiwi-ng'],
    ['gone', (at: string) => rm(join(at, 'kiwi-ng')), 'kiwi-ng'],
    ['new', (at: string) => writeFile(join(at, 'lib/site/evil.pth'), 'import os'), 'lib/site/evil.pth'],
    ['no more to run', (at: string) => chmod(join(at, 'kiwi-ng'), 0o644), 'kiwi-ng'],
  ])('is seen to be damaged where a file is %s', async (_, damage, named) => {
    await using work = await sealed()
    await damage(work.at())
    expect(await sealProblem(work.at(), lock)).toBe(`is damaged (${named})`)
  })

  it('is seen to be damaged where a link leads elsewhere', async () => {
    await using work = await sealed()
    await rm(work.at('lib64'))
    await symlink('/tmp', work.at('lib64'))
    expect(await sealProblem(work.at(), lock)).toBe('is damaged (lib64)')
  })

  it('is of no use for another lock, and without its seal', async () => {
    await using work = await sealed()
    expect(await sealProblem(work.at(), digestOf('other'))).toBe('was made of other parts')
    await writeFile(work.at('.kiwi-oci-seal.json'), '{')
    expect(await sealProblem(work.at(), lock)).toBe('has no list of its files')
  })
})
