import { mkdtempDisposable, open, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { layoutArchive } from '../../../src/oci/store/archive.ts'
import { readStoredImage, type StoredImage } from '../../../src/oci/store/storedimage.ts'
import { flip, layoutOf } from './samplelayout.ts'

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'

async function sample() {
  const layout = await layoutOf()
  const { size } = await stat(layout.file(layout.manifest))
  const image = await readStoredImage(layout.folder, { mediaType: MANIFEST, digest: layout.manifest, size })
  return { layout, image, [Symbol.asyncDispose]: () => layout[Symbol.asyncDispose]() }
}

async function archived(image: StoredImage, signal?: AbortSignal): Promise<Buffer> {
  const options = { entries: [image.descriptor], ...(signal === undefined ? {} : { signal }) }
  return Buffer.concat(await Array.fromAsync(layoutArchive(image, options)))
}

describe('layoutArchive', () => {
  it('is whole blocks, and the same each time', async () => {
    await using work = await sample()
    const first = await archived(work.image)
    expect(first.length % 512).toBe(0)
    expect(await archived(work.image)).toEqual(first)
  })

  it('fails at a blob that changed, and at one of another size', async () => {
    await using work = await sample()
    const file = work.layout.file(work.layout.plain.digest)
    await flip(file, 0)
    await expect(archived(work.image)).rejects.toThrow(`the blob ${work.layout.plain.digest} is not a valid OCI image`)
    await writeFile(file, 'short')
    await expect(archived(work.image)).rejects.toThrow('holds 5 bytes instead of')
  })

  it('ends when the job is canceled', async () => {
    await using work = await sample()
    const cancel = new AbortController()
    const chunks = layoutArchive(work.image, { entries: [], signal: cancel.signal })
    await chunks.next()
    cancel.abort()
    await expect(Array.fromAsync(chunks)).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('takes a blob of more than 8 GiB, whose size only a pax record can say', async () => {
    await using work = await sample()
    await using folder = await mkdtempDisposable(join(tmpdir(), 'large-'))
    const file = join(folder.path, 'blob')
    const sizeBytes = 9 * 1024 ** 3
    await using handle = await open(file, 'w')
    await handle.truncate(sizeBytes)
    const blobs = [{ digest: work.image.descriptor.digest, sizeBytes, file }]
    const seen: Buffer[] = []
    for await (const chunk of layoutArchive({ ...work.image, blobs }, { entries: [] })) {
      seen.push(chunk)
      // Header and the first piece of the content; nobody waits for all of it.
      if (chunk.length === 1024 * 1024) break
    }
    expect(Buffer.concat(seen.slice(0, -1)).toString('latin1')).toContain(` size=${sizeBytes}\n`)
  })
})
