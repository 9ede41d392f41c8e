import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { loopsBelow, readLoops } from '../../../src/host/loops.ts'
import { mountPoints, mountsBelow } from '../../../src/host/mounts.ts'

const mountinfo = [
  '24 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw',
  '90 24 7:1 / /srv/build/root rw shared:7 - ext4 /dev/loop0p1 rw',
  '91 90 0:5 / /srv/build/root/dev rw shared:2 - devtmpfs udev rw',
  '92 91 0:6 / /srv/build/root/dev/pts rw shared:3 - devpts devpts rw',
  '93 90 0:7 / /srv/build/root/with\\040space\\134x rw - tmpfs tmpfs rw',
  '94 24 0:8 / /srv/build-other rw - tmpfs tmpfs rw',
  '95 90 0:9 / /srv/build/root/dev rw - tmpfs tmpfs rw',
  '',
].join('\n')

it('mount points are read with their octal escapes', () => {
  expect(mountPoints(mountinfo)).toContain('/srv/build/root/with space\\x')
})

it('the deepest mount comes first, of two on one folder the later, and neighbours are left alone', () => {
  expect(mountsBelow(mountPoints(mountinfo), '/srv/build')).toEqual([
    '/srv/build/root/dev/pts',
    '/srv/build/root/dev',
    '/srv/build/root/with space\\x',
    '/srv/build/root/dev',
    '/srv/build/root',
  ])
})

it('a loop device belongs to the folder that its file is in', () => {
  const loops = [
    { device: '/dev/loop0', backingFile: '/srv/build/disk.raw' },
    { device: '/dev/loop1', backingFile: '/srv/build-other/disk.raw' },
  ]
  expect(loopsBelow(loops, '/srv/build')).toEqual(loops.slice(0, 1))
})

it('the kernel tells the file of each attached device, a deleted one too', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kiwi-oci-block-'))
  for (const [name, text] of [
    ['loop0', '/srv/a file.raw\n'],
    ['loop1', '/srv/gone.raw (deleted)\n'],
  ] as const) {
    await mkdir(join(folder, name, 'loop'), { recursive: true })
    await writeFile(join(folder, name, 'loop/backing_file'), text)
  }
  await mkdir(join(folder, 'loop2'))
  await mkdir(join(folder, 'vda'))
  const loops = await readLoops(folder)
  await rm(folder, { recursive: true })
  expect(loops.toSorted((a, b) => a.device.localeCompare(b.device))).toEqual([
    { device: '/dev/loop0', backingFile: '/srv/a file.raw' },
    { device: '/dev/loop1', backingFile: '/srv/gone.raw' },
  ])
})
