import { spawn } from 'node:child_process'
import { access, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { loopsBelow, readLoops } from '../../../src/host/loops.ts'
import { mountsBelow, readMountPoints } from '../../../src/host/mounts.ts'
import { MARKER } from '../../../src/job/workfolder.ts'
import { callAsRoot, runAsRoot } from '../../support/root.ts'
import { repositoryRoot } from '../../support/tools.ts'

const removeWithLeftovers = (path: string) =>
  callAsRoot(join(repositoryRoot, 'src/host/leftovers.ts'), 'removeWithLeftovers', path, MARKER)

let folder: string
let build: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiwi-oci-release-'))
  build = join(folder, 'build with space')
  await mkdir(build)
})
afterEach(async () => {
  await removeWithLeftovers(build)
  await rm(folder, { recursive: true })
})

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  )

async function attachedDisk(): Promise<string> {
  const disk = join(build, 'disk.raw')
  await runAsRoot('truncate', '--size=64M', disk)
  return runAsRoot('losetup', '--find', '--show', disk)
}

it('mounts, a loop device and the folder are gone after a build that was killed', async () => {
  const device = await attachedDisk()
  const root = join(build, 'root')
  await runAsRoot('mkfs.ext4', '-q', device)
  await mkdir(root)
  await runAsRoot('mount', device, root)
  await runAsRoot('mkdir', join(root, 'dev'))
  await runAsRoot('mount', '--rbind', '/dev', join(root, 'dev'))
  const devices = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n').filter((line) => line.includes(' /dev'))

  await removeWithLeftovers(build)

  expect(mountsBelow(await readMountPoints(), build)).toEqual([])
  expect(loopsBelow(await readLoops(), build)).toEqual([])
  expect(await exists(build)).toBe(false)
  const after = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n').filter((line) => line.includes(' /dev'))
  expect(after).toEqual(devices.filter((line) => !line.includes('\\040')))
  expect(await exists('/dev/null')).toBe(true)
})

it('partitions of a loop device leave no node that would fail the next build', async () => {
  const device = await attachedDisk()
  await runAsRoot('sh', '-c', `echo ,,L | sfdisk --quiet '${device}'`)
  await runAsRoot('partx', '--update', device)
  await removeWithLeftovers(build)
  expect(loopsBelow(await readLoops(), build)).toEqual([])
  expect(await exists(`/sys/block/${device.replace('/dev/', '')}/${device.replace('/dev/', '')}p1`)).toBe(false)
})

it('a mount that is in use does not hold the folder', async () => {
  await runAsRoot('mount', '-t', 'tmpfs', 'tmpfs', build)
  await mkdir(join(build, 'inside'))
  await writeFile(join(build, 'inside/file'), 'x')
  const user = spawn('sleep', ['60'], { cwd: join(build, 'inside') })
  try {
    await removeWithLeftovers(build)
  } finally {
    user.kill()
  }
  expect(await exists(build)).toBe(false)
})

it('loop devices and mounts of others are left alone', async () => {
  const other = join(folder, 'build with space and more')
  await mkdir(other)
  await runAsRoot('mount', '-t', 'tmpfs', 'tmpfs', other)
  try {
    await removeWithLeftovers(build)
    expect(mountsBelow(await readMountPoints(), other)).toEqual([other])
  } finally {
    await runAsRoot('umount', other)
  }
})

it('releasing twice, or what was never made, is no error', async () => {
  await removeWithLeftovers(build)
  await removeWithLeftovers(build)
})

it('a link is refused and what it points to is left alone', async () => {
  const link = join(folder, 'link')
  await symlink(build, link)
  await expect(removeWithLeftovers(link)).rejects.toThrow(/is a link/)
  expect(await exists(build)).toBe(true)
})

it('a removal that does not come to its end leaves the mark by which another one knows the folder', async () => {
  const kept = join(build, 'kept')
  for (const path of [join(build, MARKER), kept]) await writeFile(path, '')
  await runAsRoot('chattr', '+i', kept)
  try {
    await expect(removeWithLeftovers(build)).rejects.toThrow(/kept/)
    expect(await exists(join(build, MARKER))).toBe(true)
  } finally {
    await runAsRoot('chattr', '-i', kept)
  }
})
