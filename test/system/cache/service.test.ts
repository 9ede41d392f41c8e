import { randomBytes } from 'node:crypto'
import { mkdir, mkdtempDisposable, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { restoreCache, saveCache } from '@actions/cache'
import { describe, expect, it, vi } from 'vitest'
import type { CacheEntry } from '../../../src/cache/cache.ts'
import { serviceCache } from '../../../src/cache/service.ts'
import { cacheEnvironment, startCacheService } from '../../support/cacheservice.ts'

const never = new AbortController().signal

/** A folder with two files, one of them larger than a block, and its entry. */
async function filled() {
  const folder = await mkdtempDisposable(join(tmpdir(), 'cache-'))
  const from = join(folder.path, 'from')
  await mkdir(join(from, 'sub'), { recursive: true })
  const large = randomBytes(20 * 1024 ** 2 + 1)
  await writeFile(join(from, 'large.deb'), large)
  await writeFile(join(from, 'sub', 'small.deb'), 'small')
  await writeFile(join(from, 'left-out'), 'no package')
  await symlink('/etc/passwd', join(from, 'link.deb'))
  const accepts: CacheEntry['accepts'] = ({ path }) => path.endsWith('.deb')
  const entry = (place: string): CacheEntry => ({ key: 'key', folder: place, what: 'the packages', accepts })
  return { from, to: join(folder.path, 'to'), large, entry, [Symbol.asyncDispose]: async () => await folder.remove() }
}

describe('the cache service', () => {
  it('gives back what was saved, and only what is accepted', async () => {
    await using service = await startCacheService()
    await using work = await filled()
    const cache = serviceCache(service)
    expect(await cache.restore(work.entry(work.to), never)).toBe(false)
    expect(await cache.save(work.entry(work.from), never)).toBe(true)
    expect(await cache.restore(work.entry(work.to), never)).toBe(true)
    expect((await readdir(work.to, { recursive: true })).toSorted()).toEqual(['large.deb', 'sub', 'sub/small.deb'])
    expect(work.large.equals(await readFile(join(work.to, 'large.deb')))).toBe(true)
    expect(service.asked).toEqual([
      ...['look up', 'reserve', 'send', 'send', 'send', 'list', 'finish', 'look up', 'download'],
    ])
  })

  it('takes a key once, which is no failure of the second', async () => {
    await using service = await startCacheService()
    await using work = await filled()
    const cache = serviceCache(service)
    expect(await cache.save(work.entry(work.from), never)).toBe(true)
    expect(await cache.save(work.entry(work.from), never)).toBe(false)
  })

  it('is not asked to keep a folder without anything to keep', async () => {
    await using service = await startCacheService()
    await using work = await filled()
    expect(await serviceCache(service).save(work.entry(work.to), never)).toBe(false)
    expect(service.asked).toEqual([])
  })

  it('never takes an entry of a key that only begins as ours does', async () => {
    await using service = await startCacheService()
    await using work = await filled()
    const cache = serviceCache(service)
    await cache.save({ ...work.entry(work.from), key: 'key-of-another' }, never)
    expect(await cache.restore(work.entry(work.to), never)).toBe(false)
    expect(service.asked.at(-1)).toBe('look up')
  })

  it('of our tests is one that @actions/cache works with', async () => {
    await using service = await startCacheService()
    await using work = await filled()
    for (const [name, value] of Object.entries(cacheEnvironment(service))) vi.stubEnv(name, value)
    vi.stubEnv('GITHUB_WORKSPACE', work.from)
    vi.stubEnv('RUNNER_TEMP', join(work.from, '..'))
    vi.stubEnv('GITHUB_SERVER_URL', 'https://github.com')
    try {
      await saveCache([join(work.from, 'sub')], 'theirs')
      expect([...service.entries.keys()]).toEqual(['theirs'])
      expect(await restoreCache([join(work.from, 'sub')], 'theirs')).toBe('theirs')
    } finally {
      vi.unstubAllEnvs()
    }
  })
})
