import { describe, expect, it } from 'vitest'
import { ImageError } from '../../../src/errors.ts'
import { diskEntries, diskPathProblem, type TarEntry, tarEnd, tarHeader, tarPadding } from '../../../src/oci/tar/tar.ts'

const GIB = 1024 ** 3
const facts = { sizeBytes: 5, mtimeSeconds: 1767323045, hasBase: false }
const file = (change: Partial<TarEntry> = {}): TarEntry => ({
  kind: 'file',
  path: 'disk/x.qcow2',
  mode: 0o444,
  uid: 107,
  gid: 107,
  sizeBytes: 5,
  mtimeSeconds: 1767323045,
  ...change,
})
const field = (header: Buffer, at: number, length: number) =>
  header.toString('latin1', at, at + length).replace(/\0.*$/s, '')
const paxRecords = (header: Buffer) => header.toString('utf8', 512, 512 + Number.parseInt(field(header, 124, 12), 8))

const shown = (entries: readonly TarEntry[]) =>
  entries.map(({ kind, path, mode, uid, gid }) => [kind, path, mode, uid, gid])

describe('diskEntries', () => {
  it('gives a disk in /disk/ the owner and modes of a containerDisk, on a base too', () => {
    const containerDisk = [
      ['directory', 'disk', 0o555, 107, 107],
      ['file', 'disk/x.qcow2', 0o444, 107, 107],
    ]
    expect(shown(diskEntries('/disk/x.qcow2', facts)).filter(([, path]) => path !== 'usr')).toEqual(containerDisk)
    expect(shown(diskEntries('/disk/x.qcow2', { ...facts, hasBase: true }))).toEqual(containerDisk)
  })

  it("makes root's folders elsewhere, only where nothing lies below", () => {
    const entries = diskEntries('/var/lib/x.raw', facts)
    expect(shown(entries)).toEqual([
      ['directory', 'usr', 0o755, 0, 0],
      ['directory', 'var', 0o755, 0, 0],
      ['directory', 'var/lib', 0o755, 0, 0],
      ['file', 'var/lib/x.raw', 0o444, 107, 107],
    ])
    expect(diskEntries('/var/lib/x.raw', { ...facts, hasBase: true })).toEqual(entries.slice(-1))
  })

  it('has an empty /usr for composefs where nothing lies below, before a folder that tar closes to its owner', () => {
    const paths = (path: string, hasBase: boolean) =>
      diskEntries(path, { ...facts, hasBase }).map((entry) => entry.path)
    expect(paths('/disk/x', false)).toEqual(['usr', 'disk', 'disk/x'])
    expect(paths('/x', false)).toEqual(['usr', 'x'])
    expect(paths('/disk/x', true)).toEqual(['disk', 'disk/x'])
  })

  it('has /usr once where the disk is in it, and no folder of that name where the disk has it', () => {
    const paths = (path: string) => diskEntries(path, facts).map((entry) => entry.path)
    expect(paths('/usr/share/x')).toEqual(['usr', 'usr/share', 'usr/share/x'])
    expect(paths('/usr')).toEqual(['usr'])
    expect(paths('/usr2/x')).toEqual(['usr', 'usr2', 'usr2/x'])
  })

  it('gives every entry the time asked for', () => {
    expect(new Set(diskEntries('/a/b', facts).map((entry) => entry.mtimeSeconds))).toEqual(new Set([1767323045]))
  })

  it.each(['', 'disk/x', '/', '/disk/', '/disk//x', '/disk/../x', '/disk/./x', '/disk/.wh.x', '/disk/a\0b'])(
    'refuses the path %j',
    (path) => {
      expect(diskPathProblem(path)).toMatch(/^the path /)
      expect(() => diskEntries(path, facts)).toThrow(ImageError)
    },
  )
})

describe('tarHeader', () => {
  it('is one ustar block with a checksum that holds', () => {
    const header = tarHeader(file())
    expect(header).toHaveLength(512)
    expect([field(header, 0, 100), field(header, 100, 8), field(header, 108, 8), field(header, 124, 12)]).toEqual([
      'disk/x.qcow2',
      '0000444',
      '0000153',
      '00000000005',
    ])
    expect(header.toString('latin1', 257, 265)).toBe('ustar\x0000')
    const blank = Buffer.from(header).fill(' ', 148, 156)
    expect(Number.parseInt(field(header, 148, 8), 8)).toBe(blank.reduce((sum, byte) => sum + byte, 0))
  })

  it('names no user or group of this machine', () => {
    expect(tarHeader(file()).toString('latin1', 265, 329)).toBe('\0'.repeat(64))
  })

  it('says a size below 8 GiB in octal digits', () => {
    const header = tarHeader(file({ sizeBytes: 8 * GIB - 1 }))
    expect(header).toHaveLength(512)
    expect(field(header, 124, 12)).toBe('77777777777')
  })

  it.each([8 * GIB, 8 * GIB + 1, 100_000 * GIB])('says the size %i in a pax record', (sizeBytes) => {
    const header = tarHeader(file({ sizeBytes }))
    expect(header).toHaveLength(3 * 512)
    expect(field(header, 156, 1)).toBe('x')
    const record = paxRecords(header)
    expect(record).toBe(`${record.length} size=${sizeBytes}\n`)
    expect(field(header.subarray(1024), 124, 12)).toBe('00000000000')
  })

  it('says a time beyond the year 2242 in a pax record', () => {
    expect(paxRecords(tarHeader(file({ mtimeSeconds: 8 ** 11 })))).toBe('20 mtime=8589934592\n')
  })

  it('splits a long path at a slash', () => {
    const [folder, name] = ['a'.repeat(150), 'b'.repeat(100)]
    const header = tarHeader(file({ path: `${folder}/${name}` }))
    expect([header.length, field(header, 345, 155), field(header, 0, 100)]).toEqual([512, folder, name])
  })

  it.each([
    ['too long for both fields', `${'a'.repeat(156)}/b`],
    ['with a name of 101 bytes', `disk/${'b'.repeat(101)}`],
    ['beyond ASCII', 'disk/größe.qcow2'],
    ['with a line break', 'disk/a\nb'],
  ])('says a path %s in a pax record whose length counts itself', (_, path) => {
    const record = paxRecords(tarHeader(file({ path })))
    expect(record).toBe(`${Buffer.byteLength(record)} path=${path}\n`)
  })

  it('ends a folder with a slash', () => {
    const header = tarHeader(file({ kind: 'directory', path: 'disk', sizeBytes: 0 }))
    expect([field(header, 0, 100), field(header, 156, 1)]).toEqual(['disk/', '5'])
  })
})

describe('the frame round the content', () => {
  it.each([
    [0, 0],
    [1, 511],
    [511, 1],
    [512, 0],
    [513, 511],
    [8 * GIB + 1, 511],
  ])('pads %i bytes with %i', (size, padding) => {
    expect(tarPadding(size)).toHaveLength(padding)
  })

  it('ends with two blocks of zeros', () => {
    expect(tarEnd()).toEqual(Buffer.alloc(1024))
  })
})
