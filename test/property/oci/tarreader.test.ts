import { execFile } from 'node:child_process'
import { link, mkdir, mkdtempDisposable, open, symlink, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TarError, type TarItem, tarItems } from '../../../src/oci/tar/tarreader.ts'
import { fileSource, streamSource } from '../../../src/oci/tar/tarsource.ts'

const run = promisify(execFile)

const part = fc
  .array(fc.constantFrom('a', 'B', '7', '.', '-', ' ', 'ä', '磁', '💾', '=', '*', "'"), { minLength: 1, maxLength: 40 })
  .map((characters) => characters.join(''))
  .filter((text) => text !== '.' && text !== '..')
const path = fc.array(part, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('/'))
const content = fc.oneof(
  fc.record({ kind: fc.constant('file' as const), size: fc.constantFrom(0, 1, 511, 512, 513, 10_240, 70_001) }),
  fc.record({ kind: fc.constant('sparse' as const), size: fc.integer({ min: 100_000, max: 400_000 }) }),
  fc.record({ kind: fc.constantFrom('directory' as const, 'symlink' as const, 'link' as const), size: fc.constant(0) }),
)
const tree = fc.uniqueArray(fc.tuple(path, content), { minLength: 1, maxLength: 8, selector: ([name]) => name })
const format = fc.constantFrom('ustar', 'pax', 'gnu', 'v7', 'oldgnu', 'pax --sparse', 'gnu --sparse')

type Node = readonly [
  string,
  { readonly kind: 'file' | 'sparse' | 'directory' | 'symlink' | 'link'; readonly size: number },
]

/** Makes what can be made: a name may be the folder of another one. */
async function fill(folder: string, nodes: readonly Node[]): Promise<void> {
  await writeFile(join(folder, 'first'), 'x')
  for (const [name, { kind, size }] of nodes) {
    const place = join(folder, name)
    try {
      await mkdir(dirname(place), { recursive: true })
      if (kind === 'directory') await mkdir(place)
      else if (kind === 'symlink') await symlink(`to/${'y'.repeat(110)}`, place)
      else if (kind === 'link') await link(join(folder, 'first'), place)
      else await writeFile(place, Buffer.alloc(kind === 'file' ? size : 10_000, 1), { flag: 'wx' })
      if (kind === 'sparse') await truncate(place, size)
    } catch (error) {
      if (!['EEXIST', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error
    }
  }
}

/** `tar -tv`: the first letter of the mode, and the name. */
async function listed(archive: string): Promise<readonly string[]> {
  const { stdout } = await run('tar', ['--quoting-style=literal', '-tvf', archive], {
    maxBuffer: 1 << 24,
  })
  const kinds: Readonly<Record<string, string>> = { '-': 'file', d: 'directory', l: 'symlink', h: 'link' }
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [, letter = '', name = ''] = /^(.)\S+ \S+ +\d+ [\d-]{10} [\d:]{5} (.*)$/.exec(line) ?? []
      return `${kinds[letter]} ${name.replace(/ (?:->|link to) .*$/, '')}`
    })
}

const shown = ({ kind, path: name }: TarItem) => `${kind} ${name}`

async function fromFile(archive: string): Promise<readonly string[]> {
  await using file = await open(archive, 'r')
  const items = await Array.fromAsync(tarItems(fileSource(file, (await file.stat()).size)))
  return items.map(shown)
}

async function fromStream(archive: string, chunkBytes: number): Promise<readonly string[]> {
  await using file = await open(archive, 'r')
  const stream = file.createReadStream({ autoClose: false, highWaterMark: chunkBytes })
  return (await Array.fromAsync(tarItems(streamSource(stream)))).map(shown)
}

async function packed(folder: string, flags: string): Promise<string> {
  const archive = join(folder, 'a.tar')
  const [name = '', ...more] = flags.split(' ')
  // Names that the format cannot hold are left out, and tar says so by its exit code.
  await run('tar', ['-C', join(folder, 'tree'), `--format=${name}`, ...more, '-cf', archive, '.']).catch(() => {})
  return archive
}

describe('the reader of tar', () => {
  it('finds what tar itself lists, in every format that it writes, from a file and from a stream', async () => {
    await fc.assert(
      fc.asyncProperty(tree, format, fc.integer({ min: 300, max: 100_000 }), async (nodes, flags, chunkBytes) => {
        await using folder = await mkdtempDisposable(join(tmpdir(), 'tar-'))
        await mkdir(join(folder.path, 'tree'))
        await fill(join(folder.path, 'tree'), nodes)
        const archive = await packed(folder.path, flags)
        const wanted = await listed(archive)
        expect(wanted.length).toBeGreaterThan(1)
        expect(await fromFile(archive)).toEqual(wanted)
        expect(await fromStream(archive, chunkBytes)).toEqual(wanted)
      }),
      { numRuns: 40 },
    )
  })

  it('ends on any bytes whatever, with entries or a TarError', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'tar-'))
    await mkdir(join(folder.path, 'tree'))
    await fill(join(folder.path, 'tree'), [
      ['b', { kind: 'file', size: 700 }],
      ['ä'.repeat(80), { kind: 'file', size: 3 }],
    ])
    await using file = await open(await packed(folder.path, 'pax'), 'r')
    const whole = await file.readFile()
    const flip = fc.record({ at: fc.nat(whole.length - 1), to: fc.nat(255) })
    await fc.assert(
      fc.asyncProperty(fc.array(flip, { maxLength: 4 }), fc.nat(whole.length), async (flips, length) => {
        const bytes = Buffer.from(whole.subarray(0, length))
        for (const { at, to } of flips) if (at < length) bytes[at] = to
        const read = Array.fromAsync(tarItems(streamSource(streamOf(bytes))))
        await read.catch((error: unknown) => expect(error).toBeInstanceOf(TarError))
      }),
      { numRuns: 300 },
    )
  })
})

async function* streamOf(bytes: Buffer) {
  yield bytes
}
