import { rename } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { plannedDiskPath } from '../../../src/plan/diskpath.ts'
import { described, typeOf } from './described.ts'
import { planOf, problemsOf, type Texts } from './request.ts'

async function problemsWith(type: string, texts: Texts = {}) {
  await using here = await described(type)
  return await problemsOf({ description: here.folder, ...texts })
}

describe('the path of a disk in the image', () => {
  it.each([
    ['', {}, '/disk/tiny.x86_64-1.2.3.vhdfixed'],
    ['bundle_format="%N-%M"', {}, '/disk/tiny-1.vhdfixed'],
    ['bundle_format="%N-%M"', { 'disk-path': '/a/b' }, '/a/b'],
  ] as const)('is what %s and %j say', async (attribute, texts, path) => {
    await using here = await described(typeOf('vhd-fixed').replace('<type', `<type ${attribute}`))
    expect(plannedDiskPath(await planOf({ description: here.folder, ...texts }))).toBe(path)
  })

  it('is what no file system takes where a description makes it too long, and says so with the line', async () => {
    const name = `<type bundle_format="${'n'.repeat(248)}"`
    const type = typeOf('vhd-fixed').replace('<type', name)
    expect(await problemsWith(type)).toEqual([
      expect.stringMatching(
        /^config\.xml:8: the disk would be \/disk\/n+\.vhdfixed: .*more than 255 bytes.*, or set the input disk-path$/,
      ),
    ])
    await using here = await described(type)
    expect(plannedDiskPath(await planOf({ description: here.folder, 'disk-path': '/disk/a' }))).toBe('/disk/a')
  })

  it('of a given disk is refused as it will be, with the ending of its format', async () => {
    await using here = await described(typeOf('raw'))
    const disk = join(here.folder, `${'n'.repeat(250)}.img`)
    await rename(here.disk, disk)
    expect(plannedDiskPath(await planOf({ disk, format: 'vdi' }))).toMatch(/n\.vdi$/)
    expect(await problemsOf({ disk, format: 'vhd-fixed' })).toEqual([
      expect.stringMatching(/^input disk-path: missing, and the path holds a name of more than 255 bytes/),
    ])
  })
})
