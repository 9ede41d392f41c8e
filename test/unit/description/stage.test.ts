import { chmod, lstat, mkdir, readdir, readFile, readlink, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { findDescription } from '../../../src/description/find.ts'
import { fingerprint } from '../../../src/description/fingerprint.ts'
import { readDescription } from '../../../src/description/read.ts'
import { stageDescription } from '../../../src/description/stage.ts'
import { fixture, folderOf, image, preferences, problemsOf, temporaryFolder } from './described.ts'

const CONFIG = image(
  '<profiles><profile name="desktop"/></profiles>',
  preferences('<type image="oem" format="qcow2"/>'),
)
const RAW = CONFIG.replace(' format="qcow2"', '')

async function staged(path: string, leaveOut: readonly string[] = []): Promise<string> {
  const description = await readDescription(await findDescription(path))
  return stageDescription(description, join(await temporaryFolder(), 'stage'), { leaveOut })
}

async function link(folder: string, path: string, target: string): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true })
  await symlink(target, join(folder, path))
}

const names = async (folder: string) => (await readdir(folder, { recursive: true })).sort()
const read = (...path: readonly string[]) => readFile(join(...path), 'utf8')

describe('the staged copy', () => {
  it('has all files with their mode and time and leaves the user’s alone', async () => {
    const folder = await folderOf({ 'config.xml': CONFIG, 'config.sh': 'echo', 'root/etc/a': 'a', 'empty/.keep': '' })
    await chmod(join(folder, 'config.sh'), 0o4750)
    await chmod(join(folder, 'root/etc'), 0o711)
    await utimes(join(folder, 'root/etc/a'), 1_000_000, 1_000_000)
    const before = await fingerprint(folder)
    const stage = await staged(folder)
    expect(await names(stage)).toEqual([
      'config.sh',
      'config.xml',
      'empty',
      'empty/.keep',
      'root',
      'root/etc',
      'root/etc/a',
    ])
    expect((await stat(join(stage, 'config.sh'))).mode & 0o7777).toBe(0o4750)
    expect((await stat(join(stage, 'root/etc'))).mode & 0o7777).toBe(0o711)
    expect((await stat(join(stage, 'root/etc/a'))).mtimeMs).toBe(1_000_000_000)
    expect(await read(stage, 'config.xml')).toBe(RAW)
    expect(await fingerprint(folder)).toBe(before)
  })

  it('keeps the name of x.kiwi', async () => {
    expect(await names(await staged(await folderOf({ 'x.kiwi': CONFIG })))).toEqual(['x.kiwi'])
  })

  it.each(['config.xml', 'a.kiwi', 'image/config.xml'])(
    'makes x.kiwi config.xml where KIWI would take %s',
    async (other) => {
      const folder = await folderOf({ 'x.kiwi': CONFIG, [other]: '<other/>' })
      const stage = await staged(join(folder, 'x.kiwi'))
      expect(await read(stage, 'config.xml')).toBe(RAW)
      expect(await names(stage)).not.toContain('x.kiwi')
    },
  )

  it('makes XML of YAML and leaves the YAML out', async () => {
    const stage = await staged(fixture('yaml'))
    expect(await names(stage)).toEqual(['config.xml'])
    const text = await read(stage, 'config.xml')
    expect(text).toContain('<?xml version="1.0" encoding="UTF-8"?>\n<image name="yaml-appliance" schemaversion="8.0">')
    expect(text).not.toContain('format=')
    expect(text).not.toContain('containerconfig')
  })

  it('is UTF-8 whatever the description is', async () => {
    const text = `<?xml version="1.0" encoding="utf-16"?>\n<!-- ä -->${CONFIG}`
    const stage = await staged(await folderOf({ 'config.xml': Buffer.from(`\ufeff${text}`, 'utf16le') }))
    expect(await read(stage, 'config.xml')).toBe(`<?xml version="1.0" encoding="UTF-8"?>\n<!-- ä -->${RAW}`)
  })

  it('rewrites included files, and takes those from outside along', async () => {
    const stage = await staged(fixture('included'))
    expect(await names(stage)).toEqual(['config.xml', 'kiwi-oci-include-2.xml', 'parts', 'parts/who.xml'])
    expect(await read(stage, 'config.xml')).toContain('<include from="this://kiwi-oci-include-2.xml"/>')
    const included = await read(stage, 'kiwi-oci-include-2.xml')
    expect(included).toContain('<?xml version="1.0" encoding="UTF-8"?>')
    expect(included).toContain('<type image="oem" filesystem="xfs">')
  })

  it('leaves out what it is told to, version control and itself', async () => {
    const folder = await folderOf({
      'config.xml': CONFIG,
      '.git/HEAD': 'ref',
      'work/target/disk.raw': 'x',
      'root/.git/a': '',
    })
    const description = await readDescription(await findDescription(folder))
    const stage = await stageDescription(description, join(folder, 'out/stage'), { leaveOut: [join(folder, 'work')] })
    expect(await names(stage)).toEqual(['config.xml', 'out', 'root', 'root/.git', 'root/.git/a'])
  })
})

describe('symbolic links in the staged copy', () => {
  it('stay links within the folder, also when they were written absolute or by a detour', async () => {
    const folder = await folderOf({ 'config.xml': CONFIG, 'a/file': 'x', 'b/c/d': '' })
    await link(folder, 'plain', './a/file')
    await link(folder, 'b/up', '../a')
    await link(folder, 'absolute', join(folder, 'a/file'))
    await link(folder, 'b/detour', `../../${folder.split('/').at(-1)}/a/file`)
    await link(folder, 'b/through', 'up/file')
    await link(folder, 'b/self', '..')
    const stage = await staged(folder)
    const links = ['plain', 'b/up', 'absolute', 'b/detour', 'b/through', 'b/self']
    expect(await Promise.all(links.map((path) => readlink(join(stage, path))))).toEqual([
      './a/file',
      '../a',
      'a/file',
      '../a/file',
      '../a/file',
      '..',
    ])
    expect(await read(stage, 'b/through')).toBe('x')
  })

  it('become what they point to where that is outside, and links to them stay', async () => {
    const outside = await folderOf({ 'dir/file': 'x', 'dir/sub/other': 'y', elsewhere: 'z' })
    await chmod(join(outside, 'dir/file'), 0o755)
    await link(outside, 'dir/sub/inner', '../file')
    await link(outside, 'dir/further', '../elsewhere')
    const folder = await folderOf({ 'config.xml': CONFIG })
    await link(folder, 'dir', join(outside, 'dir'))
    await link(folder, 'run.sh', join(outside, 'dir/file'))
    await link(folder, 'again.sh', 'run.sh')
    const stage = await staged(folder)
    expect((await lstat(join(stage, 'dir'))).isDirectory()).toBe(true)
    expect((await lstat(join(stage, 'run.sh'))).mode & 0o7777).toBe(0o755)
    expect(await readlink(join(stage, 'again.sh'))).toBe('run.sh')
    expect(await readlink(join(stage, 'dir/sub/inner'))).toBe('../file')
    expect([(await lstat(join(stage, 'dir/further'))).isFile(), await read(stage, 'dir/further')]).toEqual([true, 'z'])
    expect(await read(stage, 'dir/sub/other')).toBe('y')
  })

  it('are content of the image in root/ and in the folders of profiles, wherever they lead', async () => {
    const shared = await folderOf({ 'etc/a': 'a' })
    await link(shared, 'etc/b', '/nowhere/b')
    const folder = await folderOf({ 'config.xml': CONFIG })
    await link(folder, 'root/etc/localtime', '/usr/share/zoneinfo/Nowhere')
    await link(folder, 'root/etc/passwd', '/etc/passwd')
    await link(folder, 'desktop', shared)
    const stage = await staged(folder)
    expect(await readlink(join(stage, 'root/etc/localtime'))).toBe('/usr/share/zoneinfo/Nowhere')
    expect(await readlink(join(stage, 'root/etc/passwd'))).toBe('/etc/passwd')
    expect(await read(stage, 'desktop/etc/a')).toBe('a')
    expect(await readlink(join(stage, 'desktop/etc/b'))).toBe('/nowhere/b')
  })

  it('are content of the image too where root/ is a link within the folder', async () => {
    const folder = await folderOf({ 'config.xml': CONFIG })
    await link(folder, 'overlays/base/etc/x', '/nowhere/x')
    await link(folder, 'root', 'overlays/base')
    const stage = await staged(folder)
    expect(await readlink(join(stage, 'root'))).toBe('overlays/base')
    expect(await readlink(join(stage, 'root/etc/x'))).toBe('/nowhere/x')
  })

  it('may be the main file, of which the copy is a file', async () => {
    const outside = await folderOf({ 'shared.xml': CONFIG })
    const folder = await folderOf({ 'variant.xml': CONFIG })
    await link(folder, 'config.xml', 'variant.xml')
    const stage = await staged(folder)
    expect((await lstat(join(stage, 'config.xml'))).isFile()).toBe(true)
    expect([await read(stage, 'config.xml'), await read(stage, 'variant.xml')]).toEqual([RAW, CONFIG])
    const other = await temporaryFolder()
    await link(other, 'config.xml', join(outside, 'shared.xml'))
    expect(await read(await staged(other), 'config.xml')).toBe(RAW)
    expect(await read(outside, 'shared.xml')).toBe(CONFIG)
  })

  it('are refused where they lead nowhere or around, and so are devices and sockets, all at once', async () => {
    const folder = await folderOf({ 'config.xml': CONFIG })
    await link(folder, 'a/dangling', '../gone')
    await link(folder, 'b-loop', 'b-loop')
    await link(folder, 'c-up', '..')
    await link(folder, 'd-null', '/dev/null')
    const server = createServer().listen(join(folder, 'e-socket'))
    onTestFinished(() => void server.close())
    await new Promise((resolve) => server.once('listening', resolve))
    const { kind, lines, problems } = await problemsOf(() => staged(folder))
    expect(kind).toBe('description')
    expect(lines).toEqual([
      'a/dangling: is a symbolic link to ../gone, which does not exist: remove the link, or put there what it names',
      'b-loop: is a symbolic link to b-loop, which does not exist: remove the link, or put there what it names',
      'c-up: is a symbolic link to .., a folder that holds the link itself: remove it',
      'd-null: is a device, a socket or a pipe, which cannot be built from: remove it',
      'e-socket: is a device, a socket or a pipe, which cannot be built from: remove it',
    ])
    expect(problems[0]?.file).toBe(join(folder, 'a/dangling'))
  })

  it('that lead around outside of the folder are refused', async () => {
    const outside = await temporaryFolder()
    await link(outside, 'a/b/back', outside)
    const folder = await folderOf({ 'config.xml': CONFIG })
    await link(folder, 'out', join(outside, 'a'))
    const { lines } = await problemsOf(() => staged(folder))
    expect(lines).toEqual([expect.stringContaining('a folder that holds the link itself')])
  })
})

describe('the fingerprint of a staged copy', () => {
  const FILES = { 'config.xml': 'x', 'root/a': 'y' }

  it('is the same for the same paths, modes, bytes and links, whatever the time', async () => {
    const [one, other] = [await folderOf(FILES), await folderOf(FILES)]
    await link(one, 'l', 'a')
    await link(other, 'l', 'a')
    await utimes(join(other, 'root/a'), 1, 1)
    expect(await fingerprint(one)).toMatch(/^[0-9a-f]{64}$/)
    expect(await fingerprint(other)).toBe(await fingerprint(one))
  })

  it.each([
    ['bytes', (folder: string) => writeFile(join(folder, 'root/a'), 'z')],
    ['the mode of a file', (folder: string) => chmod(join(folder, 'root/a'), 0o755)],
    ['the mode of a folder', (folder: string) => chmod(join(folder, 'root'), 0o700)],
    ['a new empty folder', (folder: string) => mkdir(join(folder, 'new'))],
    ['a new file', (folder: string) => writeFile(join(folder, 'root/b'), '')],
    ['a new link', (folder: string) => link(folder, 'l', 'a')],
  ])('changes with %s', async (_, change) => {
    const folder = await folderOf(FILES)
    const before = await fingerprint(folder)
    await change(folder)
    expect(await fingerprint(folder)).not.toBe(before)
  })
})
