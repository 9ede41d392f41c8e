import { link, mkdtempDisposable, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ImageError } from '../../../src/errors.ts'
import { mediaTypes } from '../../../src/oci/manifest.ts'
import { blobPath, createLayout, linkBlob, putBlob, writeIndex } from '../../../src/oci/store/layout.ts'
import { coded } from '../../support/coded.ts'
import { sha256 } from './samplebase.ts'

async function workspace() {
  const folder = await mkdtempDisposable(join(tmpdir(), 'oci-'))
  const layout = await createLayout(join(folder.path, 'a', 'layout'))
  const file = join(folder.path, 'blob')
  await writeFile(file, 'blob')
  return { layout, file, [Symbol.asyncDispose]: async () => await folder.remove() }
}

describe('a layout', () => {
  it('is made with its version and folders, and again without harm', async () => {
    await using work = await workspace()
    await createLayout(work.layout.folder)
    expect(await readFile(join(work.layout.folder, 'oci-layout'), 'utf8')).toBe('{"imageLayoutVersion":"1.0.0"}')
    expect(await readdir(work.layout.folder)).toEqual(['blobs', 'oci-layout'])
  })

  it('keeps a blob under its digest', async () => {
    await using work = await workspace()
    const digest = await putBlob(work.layout, Buffer.from('config'))
    expect(digest).toBe(sha256('config'))
    expect(await readFile(blobPath(work.layout.folder, digest), 'utf8')).toBe('config')
    expect(await readdir(work.layout.blobs)).toHaveLength(1)
  })

  it('takes a blob by hard link, twice without harm', async () => {
    await using work = await workspace()
    await linkBlob(work.layout, work.file, sha256('blob'))
    await linkBlob(work.layout, work.file, sha256('blob'))
    expect((await stat(blobPath(work.layout.folder, sha256('blob')))).ino).toBe((await stat(work.file)).ino)
  })

  it('takes no blob through a symbolic link', async () => {
    await using work = await workspace()
    const alias = `${work.file}.alias`
    await symlink(work.file, alias)
    await expect(linkBlob(work.layout, alias, sha256('blob'))).rejects.toThrow(ImageError)
    expect(await readdir(work.layout.blobs)).toEqual([])
  })

  it('copies and checks a blob of another file system', async () => {
    await using work = await workspace()
    // Memory on every Linux, and never where the temporary folder is.
    await using other = await mkdtempDisposable('/dev/shm/oci-')
    const file = join(other.path, 'blob')
    await writeFile(file, 'blob')
    const isOther = await link(file, `${work.file}.link`).then(
      () => false,
      () => true,
    )
    expect(isOther, '/dev/shm and the temporary folder have to be two file systems').toBe(true)
    await linkBlob(work.layout, file, sha256('blob'))
    expect(await readFile(blobPath(work.layout.folder, sha256('blob')), 'utf8')).toBe('blob')
    await expect(linkBlob(work.layout, file, sha256('other'))).rejects.toThrow(
      coded('image-damaged', `holds ${sha256('blob')}`),
    )
  })

  it('has an index of compact JSON, replaced as a whole', async () => {
    await using work = await workspace()
    await writeIndex(work.layout, [])
    await writeIndex(work.layout, [{ mediaType: mediaTypes.manifest, digest: sha256('m'), size: 1 }])
    expect(await readFile(join(work.layout.folder, 'index.json'), 'utf8')).toBe(
      `{"schemaVersion":2,"mediaType":"${mediaTypes.index}","manifests":[{"mediaType":"${mediaTypes.manifest}","digest":"${sha256('m')}","size":1}]}`,
    )
    expect(await readdir(work.layout.folder)).toEqual(['blobs', 'index.json', 'oci-layout'])
  })
})
