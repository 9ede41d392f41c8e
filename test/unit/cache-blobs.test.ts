import { link, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { BlobStore } from '../../src/cache/blobs.ts'
import { type Digest, digestHex, digestOf } from '../../src/oci/digest.ts'
import { type Recorder, recorder } from '../support/registry.ts'

const NOW = Date.UTC(2026, 5, 1)
const DAY = 24 * 60 * 60 * 1000

let folder: string
let report: Recorder
let store: BlobStore

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'store-'))
  report = recorder()
  store = new BlobStore(join(folder, 'store'), NOW, report)
})

afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

function pathOf(digest: Digest): string {
  return join(folder, 'store', 'blobs', 'sha256', digestHex(digest))
}

async function kept(text: string): Promise<Digest> {
  const file = join(folder, 'file')
  await rm(file, { force: true })
  await writeFile(file, text)
  await store.keep(digestOf(text), file)
  return digestOf(text)
}

describe('BlobStore', () => {
  it('gives out what was put in, and marks it as used now', async () => {
    const digest = await kept('content')
    await utimes(pathOf(digest), 0, 0)
    const path = await store.take(digest)
    expect(await readFile(path ?? '', 'utf8')).toBe('content')
    expect((await stat(pathOf(digest))).mtimeMs).toBe(NOW)
  })

  it('misses what it does not have, without a word', async () => {
    expect(await store.take(digestOf('other'))).toBeUndefined()
    expect(report.warnings).toEqual([])
  })

  it('leaves no temporary file, also where the blob is there already as a link to the same file', async () => {
    const digest = await kept('content')
    await link(pathOf(digest), join(folder, 'same'))
    await store.keep(digest, join(folder, 'same'))
    expect(await readdir(dirname(pathOf(digest)))).toEqual([digestHex(digest)])
  })

  it.each(['contenT', 'conten', 'content!', ''])(
    'removes a blob that holds %j instead, with one warning',
    async (damaged) => {
      const digest = await kept('content')
      await rm(pathOf(digest))
      await writeFile(pathOf(digest), damaged)
      expect(await store.take(digest)).toBeUndefined()
      expect(await readdir(dirname(pathOf(digest)))).toEqual([])
      expect(report.warnings).toHaveLength(1)
    },
  )

  it('takes neither links nor folders for blobs', async () => {
    const [linked, nested] = [digestOf('linked'), digestOf('nested')]
    await kept('content')
    await writeFile(join(folder, 'elsewhere'), 'linked')
    await symlink(join(folder, 'elsewhere'), pathOf(linked))
    await mkdir(join(pathOf(nested), 'x'), { recursive: true })
    expect([await store.take(linked), await store.take(nested)]).toEqual([undefined, undefined])
    expect(await readFile(join(folder, 'elsewhere'), 'utf8')).toBe('linked')
    expect(report.warnings).toHaveLength(2)
  })

  it('turns trouble into warnings', async () => {
    await writeFile(join(folder, 'store'), 'a file in the way')
    await store.keep(digestOf('x'), join(folder, 'absent'))
    await store.prune(1, NOW)
    expect(report.warnings).toEqual([expect.stringContaining('cannot be kept in the cache')])
  })

  it('prunes what no job used for so many days', async () => {
    const [old, recent] = [await kept('old'), await kept('recent')]
    await utimes(pathOf(old), new Date(NOW - 31 * DAY), new Date(NOW - 31 * DAY))
    await store.prune(30, NOW)
    expect(await readdir(dirname(pathOf(recent)))).toEqual([digestHex(recent)])
  })
})
