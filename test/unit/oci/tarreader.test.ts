import { describe, expect, it } from 'vitest'
import { type TarEntry, tarEnd, tarHeader, tarPadding } from '../../../src/oci/tar/tar.ts'
import { type TarItem, tarItems } from '../../../src/oci/tar/tarreader.ts'
import { streamSource } from '../../../src/oci/tar/tarsource.ts'

const ENTRY: TarEntry = { kind: 'file', path: 'a', mode: 0o644, uid: 0, gid: 0, sizeBytes: 0, mtimeSeconds: 0 }
const entry = (change: Partial<TarEntry>) => tarHeader({ ...ENTRY, ...change })

async function items(...blocks: readonly Buffer[]): Promise<readonly TarItem[]> {
  async function* chunks() {
    yield Buffer.concat(blocks)
  }
  return await Array.fromAsync(tarItems(streamSource(chunks())))
}

/** A header with bytes of its own and the checksum that belongs to them. */
function header(change: (block: Buffer) => void): Buffer {
  const block = entry({})
  change(block)
  block.fill(' ', 148, 156)
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return block
}

const pax = (records: string) =>
  Buffer.concat([
    header((block) => {
      block.write('x', 156)
      block.write(records.length.toString(8).padStart(11, '0'), 124)
    }),
    Buffer.from(records),
    tarPadding(records.length),
  ])

describe('tarItems', () => {
  it('takes an archive of nothing, with and without its end', async () => {
    expect(await items()).toEqual([])
    expect(await items(tarEnd())).toEqual([])
  })

  it('takes an archive that was never closed, without the padding of its last file', async () => {
    expect(await items(entry({ sizeBytes: 3 }), Buffer.from('abc'))).toMatchObject([{ path: 'a', sizeBytes: 3 }])
  })

  it('reads nothing after the end', async () => {
    expect(await items(entry({ path: 'x' }), tarEnd(), Buffer.from('no tar at all'))).toHaveLength(1)
  })

  it('takes the size of an extended header for one that does not fit', async () => {
    const found = await items(pax('12 size=512\n'), entry({}), Buffer.alloc(512), entry({ path: 'b' }))
    expect(found.map(({ path, sizeBytes }) => [path, sizeBytes])).toEqual([
      ['a', 512],
      ['b', 0],
    ])
  })

  it('takes a size in base 256', async () => {
    const large = header((block) => {
      block.fill(0, 124, 136)
      block[124] = 0x80
      block[135] = 3
    })
    expect(await items(large, Buffer.alloc(512))).toMatchObject([{ sizeBytes: 3 }])
  })

  it('gives a folder and a link no content whatever their size says', async () => {
    const folder = header((block) => {
      block.write('5', 156)
      block.write('00000010000', 124)
    })
    expect(await items(folder, entry({ path: 'b' }))).toMatchObject([{ kind: 'directory' }, { path: 'b' }])
  })

  it("passes over the further blocks of old GNU's map of holes", async () => {
    const sparse = header((block) => {
      block.write('S', 156)
      block.write('00000001000', 124)
      block[482] = 1
    })
    const more = Buffer.alloc(512)
    more[504] = 1
    const found = await items(sparse, more, Buffer.alloc(512), Buffer.alloc(512, 1), entry({ path: 'b' }))
    expect(found.map(({ path }) => path)).toEqual(['a', 'b'])
  })

  it.each([
    ['a cut header', [entry({}).subarray(0, 100)], 'entry 1: its header is cut'],
    ['a cut content', [entry({ sizeBytes: 600 }), Buffer.alloc(599)], 'entry 1: its content is cut'],
    ['a wrong checksum', [Buffer.alloc(512, 'x')], 'entry 1: the checksum of its header is wrong'],
    ['zeros in the middle', [Buffer.alloc(512), entry({})], 'entry 1: a block of zeros stands in the middle'],
    ['a size of letters', [header((block) => block.write('12x', 124))], 'the size in its header is no number'],
    ['a negative size', [header((block) => block.fill(0xff, 124, 136))], 'the size in its header is no number'],
    ['a record of another length', [pax('99 path=b\n'), entry({})], 'a record of its extended header is broken'],
    ['a record without keyword', [pax('7 path\n'), entry({})], 'a record of its extended header has no keyword'],
    [
      'a size of a record that is none',
      [pax('11 size=-1\n'), entry({})],
      'the size in its extended header is no number',
    ],
    [
      'an endless extended header',
      [header((block) => block.write('x', 156).toString() + block.write('77777777777', 124))],
      'its extended header has 8589934591 bytes',
    ],
  ])('refuses %s', async (_, blocks, message) => {
    await expect(items(...blocks)).rejects.toThrow(message)
  })
})
