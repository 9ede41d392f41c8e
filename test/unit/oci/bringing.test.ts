import { link, mkdtempDisposable, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { digestHex } from '../../../src/oci/digest.ts'
import { bringBlob } from '../../../src/oci/store/bringing.ts'
import { createLayout } from '../../../src/oci/store/layout.ts'
import { sha256 } from './samplebase.ts'

const digest = sha256('blob')
const name = digestHex(digest)

async function workspace() {
  const folder = await mkdtempDisposable(join(tmpdir(), 'bring-'))
  const { blobs } = await createLayout(join(folder.path, 'layout'))
  const file = join(folder.path, 'blob')
  await writeFile(file, 'blob')
  return { blobs, file, blob: { file, digest, sizeBytes: 4 }, [Symbol.asyncDispose]: async () => await folder.remove() }
}

/** Memory on every Linux, and never where the temporary folder is. */
async function otherFileSystem(besides: string) {
  const other = await mkdtempDisposable('/dev/shm/bring-')
  const file = join(other.path, 'blob')
  await writeFile(file, 'blob')
  await expect(link(file, `${besides}.link`)).rejects.toThrow('EXDEV')
  return { blob: { file, digest, sizeBytes: 4 }, [Symbol.asyncDispose]: async () => await other.remove() }
}

describe('a blob that is brought into a folder that stays', () => {
  it('is a hard link where that can be, and said to be new once', async () => {
    await using work = await workspace()
    expect(await bringBlob(work.blobs, work.blob)).toBe(true)
    expect(await bringBlob(work.blobs, work.blob)).toBe(false)
    expect((await stat(join(work.blobs, name))).ino).toBe((await stat(work.file)).ino)
    expect(await readdir(work.blobs)).toEqual([name])
  })

  it.each([
    ['with a byte changed', 'blub', `holds ${sha256('blub')}`],
    ['cut', 'blo', 'has 3 bytes instead of 4'],
    ['grown', 'blobs', 'has 5 bytes instead of 4'],
  ])('gets no name there, by link or copy, when it is %s', async (_, content, said) => {
    await using work = await workspace()
    await using other = await otherFileSystem(work.file)
    for (const { blob } of [work, other]) {
      await writeFile(blob.file, content)
      await expect(bringBlob(work.blobs, blob)).rejects.toThrow(said)
    }
    expect(await readdir(work.blobs)).toEqual([])
  })

  it('is copied from another file system, and leaves nothing under any name when it is damaged', async () => {
    await using work = await workspace()
    await using other = await otherFileSystem(work.file)
    expect(await bringBlob(work.blobs, other.blob)).toBe(true)
    expect(await readFile(join(work.blobs, name), 'utf8')).toBe('blob')
  })

  it('takes the place of a damaged one, and is then nothing new', async () => {
    await using work = await workspace()
    await writeFile(join(work.blobs, name), 'blab')
    expect(await bringBlob(work.blobs, work.blob)).toBe(false)
    expect(await readFile(join(work.blobs, name), 'utf8')).toBe('blob')
  })

  it('takes no symbolic link for a file', async () => {
    await using work = await workspace()
    const alias = `${work.file}.alias`
    await symlink(work.file, alias)
    await expect(bringBlob(work.blobs, { ...work.blob, file: alias })).rejects.toThrow('is not a regular file')
    expect(await readdir(work.blobs)).toEqual([])
  })

  it('ends when it is canceled', async () => {
    await using work = await workspace()
    await expect(bringBlob(work.blobs, work.blob, AbortSignal.abort())).rejects.toThrow('aborted')
    expect(await readdir(work.blobs)).toEqual([])
    await rm(work.file)
  })
})
