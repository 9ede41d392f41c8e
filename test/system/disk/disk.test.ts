import { appendFile, mkdtemp, open, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runCommand } from '../../../src/command.ts'
import { convertDisk } from '../../../src/disk/convert.ts'
import { inspectDisk } from '../../../src/disk/inspect.ts'
import { describeError, InputError } from '../../../src/errors.ts'
import { fileDigest } from '../../../src/oci/digest.ts'

const MEBIBYTE = 1 << 20
const FROM_RAW = { from: 'raw', virtualSizeBytes: 64 * MEBIBYTE, epochSeconds: 1767323045 } as const

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'disk-'))
})
afterEach(() => rm(folder, { recursive: true }))

const at = (name: string) => join(folder, name)

/** A raw disk of 64 MiB with 4 MiB of text in the middle and holes around it. */
async function rawDisk(name = 'disk.raw'): Promise<string> {
  const file = await open(at(name), 'w')
  await file.write(Buffer.alloc(4 * MEBIBYTE, 'compressible'), 0, 4 * MEBIBYTE, 16 * MEBIBYTE)
  await file.truncate(64 * MEBIBYTE)
  await file.close()
  return at(name)
}

const qemuImg = (...args: string[]) => runCommand('qemu-img', args)

/** The problem that an input is refused with. */
async function refusal(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof InputError)) throw new Error(`not refused as an input: ${error}`)
  expect(error.problems[0]?.where).toBe('input disk')
  return error.problems[0]?.text ?? ''
}

describe('a disk', () => {
  it('that is raw has its size, and takes less where it has holes', async () => {
    const info = await inspectDisk(await rawDisk())
    expect(info).toMatchObject({ format: 'raw', virtualSizeBytes: 64 * MEBIBYTE })
    expect(info.sizeBytes).toBeLessThan(8 * MEBIBYTE)
  })

  it.each(['qcow2', 'vmdk', 'vdi', 'vhdx', 'vpc'])('of the format %s is recognised', async (format) => {
    await qemuImg('create', '-q', '-f', format, at('d'), '32M')
    expect((await inspectDisk(at('d'))).format).toBe(format)
  })

  it('of a known format is not taken for what a guest wrote at its start', async () => {
    await rawDisk()
    await qemuImg('create', '-q', '-f', 'qcow2', at('trap'), '1G')
    const file = await open(await rawDisk(), 'r+')
    await file.write(await readFile(at('trap')), 0, undefined, 0)
    await file.close()
    expect((await inspectDisk(at('disk.raw'), 'raw')).virtualSizeBytes).toBe(64 * MEBIBYTE)
  })

  it('with a backing file is refused with the way out', async () => {
    await qemuImg('create', '-q', '-f', 'qcow2', '-b', await rawDisk(), '-F', 'raw', at('d.qcow2'))
    const problem = await refusal(inspectDisk(at('d.qcow2')))
    expect(problem).toContain(`is not complete without ${at('disk.raw')}: flatten it with qemu-img convert`)
  })

  it('with its data in another file is refused', async () => {
    await qemuImg('create', '-q', '-f', 'qcow2', '-o', `data_file=${at('data')}`, at('d.qcow2'), '1M')
    expect(await refusal(inspectDisk(at('d.qcow2')))).toContain('is not complete without')
  })

  it.each(['monolithicFlat', 'twoGbMaxExtentSparse'])(
    'that is a vmdk of several files, %s, is refused',
    async (kind) => {
      await qemuImg('create', '-q', '-f', 'vmdk', '-o', `subformat=${kind}`, at('d.vmdk'), '8M')
      expect(await refusal(inspectDisk(at('d.vmdk')))).toContain('is not complete without other files: flatten it')
    },
  )

  it('that is a vmdk which takes its content from any file of the machine is refused', async () => {
    await writeFile(
      at('d'),
      '# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\ncreateType="monolithicFlat"\n',
    )
    await appendFile(at('d'), 'RW 1 FLAT "/etc/passwd" 0\n')
    expect(await refusal(inspectDisk(at('d')))).toContain('is not complete without other files')
  })

  it('that is a vmdk of one file which turns to others for its content is refused', async () => {
    await qemuImg('create', '-q', '-f', 'vmdk', at('d.vmdk'), '8M')
    await using file = await open(at('d.vmdk'), 'r+')
    await file.write(Buffer.alloc(8), 0, 8, 12)
    expect(await refusal(inspectDisk(at('d.vmdk')))).toContain('is not complete without other files')
  })

  it.each(['nbd', 'json'])('whose backing is behind the protocol %s is refused', async (protocol) => {
    const backing = protocol === 'nbd' ? 'nbd:127.0.0.1:1' : `json:{"driver":"file","filename":"${await rawDisk()}"}`
    await qemuImg('create', '-q', '-u', '-f', 'qcow2', '-b', backing, '-F', 'raw', at('d.qcow2'), '8M')
    expect(await refusal(inspectDisk(at('d.qcow2')))).toContain('is not complete without')
  })

  it.each(['parallels', 'qed', 'qcow'])('of the format %s is refused with what to write', async (format) => {
    await qemuImg('create', '-q', '-f', format, at('d'), '8M')
    expect(await refusal(inspectDisk(at('d')))).toBe(
      `${at('d')} has the format ${format}, which is none of raw, qcow2, vdi, vhdx, vpc, vmdk: convert it with qemu-img convert -O qcow2 ${at('d')} NEW`,
    )
  })

  it.each(['nbd:localhost:1', 'json:{}'])('that is called %s is a file and no protocol', async (name) => {
    await rawDisk(name)
    const before = process.cwd()
    process.chdir(folder)
    try {
      expect((await inspectDisk(name)).format).toBe('raw')
      const { file } = await convertDisk({ ...FROM_RAW, source: name, to: 'qcow2', target: 'nbd:d.qcow2' })
      expect((await inspectDisk(file)).format).toBe('qcow2')
    } finally {
      process.chdir(before)
    }
  })

  it.each([
    ['gzip', '1f8b0800'],
    ['xz', 'fd377a585a00'],
    ['zstd', '28b52ffd'],
  ])('that is packed with %s is refused', async (name, magic) => {
    await writeFile(at('d'), Buffer.concat([Buffer.from(magic, 'hex'), Buffer.alloc(1024)]))
    expect(await refusal(inspectDisk(at('d')))).toBe(`${at('d')} is packed with ${name}: unpack it first`)
  })

  it('that is a tar archive is refused', async () => {
    await writeFile(at('notes.txt'), 'text')
    await runCommand('tar', ['-cf', at('a.ova'), '-C', folder, 'notes.txt'])
    expect(await refusal(inspectDisk(at('a.ova')))).toContain('is a tar archive')
  })

  it.each(['qcow2', 'vmdk'])('of the format %s that lost its end is refused', async (format) => {
    await rawDisk()
    await qemuImg('convert', '-f', 'raw', '-O', format, at('disk.raw'), at('d'))
    await truncate(at('d'), 2 * MEBIBYTE)
    expect(await refusal(inspectDisk(at('d')))).toMatch(
      /is damaged, qemu-img check finds errors|cannot be read as a disk/,
    )
  })

  it('that is none is refused', async () => {
    await writeFile(at('notes.txt'), 'no disk at all')
    expect(await refusal(inspectDisk(at('notes.txt')))).toContain('is no disk: its 14 bytes')
    await writeFile(at('empty'), '')
    expect(await refusal(inspectDisk(at('empty')))).toContain('is no disk: its 0 bytes')
  })

  it('that is cut off is refused', async () => {
    await qemuImg('create', '-q', '-f', 'qcow2', at('d.qcow2'), '1G')
    await truncate(at('d.qcow2'), 100)
    expect(await refusal(inspectDisk(at('d.qcow2')))).toContain('cannot be read as a disk')
  })

  it('that is missing, or a folder, is refused', async () => {
    expect(await refusal(inspectDisk(at('none.qcow2')))).toBe(`${at('none.qcow2')} does not exist`)
    expect(await refusal(inspectDisk(folder))).toBe(`${folder} is no file: name a disk file`)
  })
})

describe('a conversion', () => {
  const toQcow2 = async (changes: object = {}) => {
    const source = await rawDisk()
    return (await convertDisk({ ...FROM_RAW, source, to: 'qcow2', target: at('d.qcow2'), ...changes })).file
  }

  it('from raw to qcow2 and back keeps the content and the holes', async () => {
    const qcow2 = await toQcow2()
    expect(await inspectDisk(qcow2)).toMatchObject({ format: 'qcow2', virtualSizeBytes: 64 * MEBIBYTE })
    const back = at('back.raw')
    await convertDisk({ ...FROM_RAW, source: qcow2, from: 'qcow2', to: 'raw', target: back })
    expect(await fileDigest(back)).toEqual(await fileDigest(at('disk.raw')))
    expect((await stat(back)).blocks * 512).toBeLessThan(8 * MEBIBYTE)
  })

  it('can compress', async () => {
    const plain = await stat(await toQcow2())
    const compressed = await stat(await toQcow2({ compressed: true, target: at('c.qcow2') }))
    expect(compressed.size).toBeLessThan(plain.size / 4)
  })

  it('to the format that the disk has copies nothing', async () => {
    const source = await rawDisk()
    const converted = await convertDisk({ ...FROM_RAW, source, to: 'raw', target: at('x.raw') })
    expect(converted).toEqual({ file: source, virtualSizeBytes: 64 * MEBIBYTE })
    expect(await readdir(folder)).toEqual(['disk.raw'])
  })

  it('that fails leaves no partial file', async () => {
    await expect(toQcow2({ from: 'vmdk' })).rejects.toThrow('qemu-img failed')
    expect(await readdir(folder)).toEqual(['disk.raw'])
  })

  it.each(['qcow2', 'gce', 'ova', 'vhdx'] as const)('to %s that is canceled leaves no partial file', async (to) => {
    const file = await open(at('large.raw'), 'w')
    for (let mebibyte = 0; mebibyte < 256; mebibyte += 1) await file.write(Buffer.alloc(MEBIBYTE, `${mebibyte} `))
    await file.close()
    const controller = new AbortController()
    const conversion = { ...FROM_RAW, source: at('large.raw'), virtualSizeBytes: 256 * MEBIBYTE, to, target: at('d') }
    const work = convertDisk({ ...conversion, compressed: true, signal: controller.signal })
    setTimeout(() => controller.abort(), 100)
    const error = await work.then(
      () => undefined,
      (thrown: unknown) => thrown,
    )
    expect(describeError(error).message).toContain('the job was canceled')
    expect(await readdir(folder)).toEqual(['large.raw'])
  })
})
