import { describe, expect, it } from 'vitest'
import { diskPlace, layerMarks, placeProblem } from '../../../src/oci/layer/diskplace.ts'
import type { TarItem } from '../../../src/oci/tar/tarreader.ts'

/** `d PATH`, `f PATH`, `l PATH` (symbolic link), `h PATH` (hard link), `p PATH` (pipe). */
const KINDS: Readonly<Record<string, TarItem['kind']>> = {
  d: 'directory',
  f: 'file',
  l: 'symlink',
  h: 'link',
  p: 'other',
}

async function problem(
  layers: readonly (readonly string[])[],
  diskPath?: string,
  isContainerDisk = false,
): Promise<string | undefined> {
  const place = diskPlace(diskPath, isContainerDisk)
  async function* items(lines: readonly string[]) {
    for (const line of lines) yield { kind: KINDS[line[0] ?? ''] ?? 'other', path: line.slice(2), sizeBytes: 0 }
  }
  return placeProblem(await Promise.all(layers.map((lines) => layerMarks(items(lines), place))), place)
}

describe('a base that has something in /disk', () => {
  it.each([
    ['a file', [['d disk', 'f disk/old.img']]],
    ['a file with a leading ./', [['d ./disk/', 'f ./disk/old.img']]],
    ['a file with a leading /', [['f /disk/old.img']]],
    ['a file by a strange way', [['f etc/..//disk/./old.img']]],
    ['a hard link', [['h disk/old.img']]],
    ['a symbolic link', [['l disk/old.img']]],
    ['a pipe', [['p disk/old.img']]],
    ['a file of a lower layer', [['f disk/old.img'], ['f etc/x'], ['d disk']]],
    ['a file that comes back', [['f disk/old.img'], ['f disk/.wh.old.img'], ['f disk/old.img']]],
    ['a file beside a whiteout of its own layer', [['f disk/old.img'], ['f disk/old.img', 'f disk/.wh.old.img']]],
    ['a file beside an opaque whiteout of its own layer', [['f disk/a'], ['f disk/old.img', 'f disk/.wh..wh..opq']]],
    ['a file where only another is removed', [['f disk/old.img'], ['f disk/.wh.old']]],
    ['a file with a mark of aufs', [['f disk/old.img', 'f disk/.wh..wh.plnk']]],
  ])('is refused with the name of it: %s', async (_, layers) => {
    expect(await problem(layers)).toBe(
      'has /disk/old.img already: choose another base, or a disk-path outside of /disk, which holds one disk alone',
    )
  })

  it('is refused with the name of a file in a folder there', async () => {
    expect(await problem([['d disk', 'd disk/a', 'f disk/a/b']])).toMatch(/^has \/disk\/a\/b already/)
  })

  it('is refused for a disk of a deeper folder there too', async () => {
    expect(await problem([['f disk/old.img']], '/disk/sub/new.img')).toMatch(/^has \/disk\/old\.img already/)
  })

  it('is refused where a folder has the name of the disk', async () => {
    expect(await problem([['d disk/new.img']], '/disk/new.img')).toMatch(/^has \/disk\/new\.img already/)
  })

  it.each([
    ['a symbolic link', 'l', 'a symbolic link'],
    ['a file', 'f', 'a file'],
    ['a device', 'p', 'a device or pipe'],
  ])('is refused where /disk is %s', async (_, letter, shown) => {
    expect(await problem([['d etc'], [`${letter} disk`]])).toBe(
      `has ${shown} at /disk, where the folder of the disk has to be: choose another base, or another disk-path`,
    )
  })

  it('is refused where a link in place of the folder comes last', async () => {
    expect(await problem([['f disk/a'], ['l disk']])).toMatch(/^has a symbolic link at \/disk/)
  })
})

describe('a base that can take a disk in /disk', () => {
  it.each([
    ['none there', [['d etc', 'f etc/passwd', 'f diskette', 'f home/disk/x']]],
    ['an empty folder', [['d disk']]],
    ['an empty folder in the folder', [['d disk', 'd disk/lost+found']]],
    ['a file that was removed', [['f disk/old.img'], ['f disk/.wh.old.img']]],
    ['a file removed with its folder', [['f disk/a/old.img'], ['f disk/.wh.a']]],
    ['a folder that was removed', [['d disk', 'f disk/old.img'], ['f .wh.disk'], ['d disk']]],
    ['a folder that was emptied', [['f disk/old.img'], ['f disk/.wh..wh..opq']]],
    ['a root that was emptied', [['f disk/old.img'], ['f .wh..wh..opq', 'f x']]],
    ['a link that became a folder', [['l disk'], ['d disk']]],
    ['a file that became a folder', [['f disk/a'], ['d disk/a']]],
    ['files below a file that came later', [['f disk/a/b'], ['f disk/a'], ['f disk/.wh.a']]],
    ['no layers', []],
  ])('has %s', async (_, layers) => {
    expect(await problem(layers)).toBeUndefined()
  })
})

describe('a base for a disk elsewhere', () => {
  it('is refused where something has the very path', async () => {
    expect(await problem([['f images/vm.raw']], '/images/vm.raw')).toBe(
      'has /images/vm.raw already: choose another base, or another disk-path',
    )
  })

  it('is refused where a folder with something in it has the very path', async () => {
    expect(await problem([['f images/vm.raw/x']], '/images/vm.raw')).toMatch(/^has \/images\/vm\.raw already/)
  })

  it('is refused where a folder of the path is none', async () => {
    expect(await problem([['l images']], '/images/vm.raw')).toMatch(/^has a symbolic link at \/images/)
  })

  it('may have files beside the disk, and in /disk', async () => {
    expect(await problem([['f images/other.raw', 'f disk/x']], '/images/vm.raw')).toBeUndefined()
  })
})

describe('the base of a containerDisk', () => {
  const asContainerDisk = (layers: readonly (readonly string[])[]) => problem(layers, undefined, true)

  it.each([
    ['/disk/old.img', 'a file that a layer above removes', [['f disk/old.img'], ['f disk/.wh.old.img']]],
    ['/disk/old.img', 'a file of a folder that a layer above empties', [['f disk/old.img'], ['f disk/.wh..wh..opq']]],
    ['/disk.img', 'a file beside the folder', [['d disk', 'f disk.img']]],
    ['/disks/a/b', 'a file in a folder whose name begins so', [['d disks', 'f disks/a/b']]],
  ])('is refused for %s, which CDI would find first: %s', async (path, _, layers) => {
    expect(await asContainerDisk(layers)).toBe(
      `has ${path} in a layer, which CDI takes for the disk: choose another base, or leave out kubevirt`,
    )
    expect(await problem(layers)).toBeUndefined()
  })

  it.each([
    ['has /disk/old.img already', 'f disk/old.img'],
    ['has a symbolic link at /disk, where the folder of the disk has to be', 'l disk'],
  ])('is refused without the way out of another disk-path where it %s', async (what, line) => {
    expect(await asContainerDisk([[line]])).toBe(`${what}: choose another base`)
  })

  it('is refused for a folder beside the disk', async () => {
    expect(await asContainerDisk([['d disk', 'd disk/lost+found']])).toBe(
      'has the folder /disk/lost+found, which KubeVirt takes for a second disk: choose another base, or leave out kubevirt',
    )
  })

  it.each(['sysroot', 'ostree'])('is refused for /%s, which says that it boots as a system', async (folder) => {
    expect(await asContainerDisk([[`d ${folder}`, `f ${folder}/x`]])).toBe(
      `has the folder /${folder} of a system that boots from its container, of which CDI makes no disk: choose another base, or leave out kubevirt`,
    )
  })

  it('may have an empty /disk, and whatever else', async () => {
    const layers = [
      ['d disk', 'd disk/a', 'f etc/disk/x', 'd usr/ostree', 'd ostree'],
      ['f disk/.wh.a', 'f .wh.ostree'],
    ]
    expect(await asContainerDisk(layers)).toBeUndefined()
  })
})
