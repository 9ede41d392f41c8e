import { mkdir, mkdtempDisposable, open, readdir, readFile, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Registry, startRegistry } from '../../support/registry.ts'
import { repositoryRoot } from '../../support/tools.ts'
import { ownFileSystem, watched } from '../../support/watched.ts'

const MIB = 1024 ** 2
const MOST_MEMORY_BYTES = 200e6
/** What the programs read of themselves, and pipes between them. */
const OWN_READS_BYTES = 32e6

interface TestDisk {
  readonly file: string
  /** How much of it is no hole. */
  readonly dataBytes: number
}

let registry: Registry
let folder: Awaited<ReturnType<typeof mkdtempDisposable>>
let disks: Readonly<Record<'ordinary' | 'sparse', TestDisk>>
beforeAll(async () => {
  registry = await startRegistry()
  folder = await mkdtempDisposable(join(tmpdir(), 'limits-'))
  const bytes = await programBytes(160 * MIB)
  const [ordinary, sparse] = [join(folder.path, 'ordinary.raw'), join(folder.path, 'sparse.raw')]
  await writePieces(ordinary, bytes, { sizeBytes: bytes.length, apartBytes: MIB, count: bytes.length / MIB })
  await writePieces(sparse, bytes, { sizeBytes: 100 * 1024 * MIB, apartBytes: 3200 * MIB, count: 32 })
  disks = {
    ordinary: { file: ordinary, dataBytes: bytes.length },
    sparse: { file: sparse, dataBytes: 32 * MIB },
  }
})
afterAll(async () => {
  await folder[Symbol.asyncDispose]()
  await registry.stop()
})

/** What ordinary disks hold: the programs and libraries of this machine. */
async function programBytes(length: number): Promise<Buffer> {
  const bytes = Buffer.alloc(length)
  let filled = 0
  for (const place of ['/usr/lib', '/usr/bin', '/usr/share']) {
    for (const entry of await readdir(place, { recursive: true, withFileTypes: true })) {
      if (filled === length) return bytes
      if (!entry.isFile()) continue
      const content = await readFile(join(entry.parentPath, entry.name)).catch(() => Buffer.alloc(0))
      filled += content.copy(bytes, filled)
    }
  }
  throw new Error(`this machine has only ${filled} bytes of programs`)
}

async function writePieces(
  file: string,
  bytes: Buffer,
  about: { readonly sizeBytes: number; readonly apartBytes: number; readonly count: number },
): Promise<void> {
  await using disk = await open(file, 'w')
  await disk.truncate(about.sizeBytes)
  for (let at = 0; at < about.count; at++) await disk.write(bytes, at * MIB, MIB, at * about.apartBytes)
}

interface Taken {
  readonly memoryBytes: number
  readonly spaceBytes: number
  /** Read by all programs together, pipes and what is in memory among it. */
  readonly readBytes: number
  readonly imageBytes: number
}

/** Wraps, exports and pushes a disk with the command line, which runs with a file system of its own. */
async function taken(disk: TestDisk, compression: string): Promise<Taken> {
  await using own = await ownFileSystem()
  const [home, temporary] = [join(own.folder, 'home'), join(own.folder, 'tmp')]
  for (const each of [home, temporary]) await mkdir(each)
  const command = [process.execPath, join(repositoryRoot, 'dist/cli.js'), '--disk', disk.file, '--export', 'oci:out:x']
  const args = ['--base-image', 'scratch', '--compression', compression]
  const push = ['--tags', `${registry.address}/disks/${compression}:1`, '--push', '--tls-verify=false']
  // What the shell waited for counts as its own: proc(5).
  const script = '"$@" 2>log || { cat log >&2; exit 1; }; cat /proc/$$/io >io'
  const env = { PATH: process.env['PATH'] ?? '', HOME: home, TMPDIR: temporary }
  const options = { cwd: own.folder, env }
  const seen = await watched('sh', ['-c', script, 'sh', ...command, ...args, ...push], own.folder, options)
  expect(seen.exitCode).toBe(0)
  const readBytes = Number(/^rchar: (\d+)$/m.exec(await readFile(join(own.folder, 'io'), 'utf8'))?.[1])
  const blobs = join(own.folder, 'out/blobs/sha256')
  const sizes = await Promise.all((await readdir(blobs)).map(async (name) => (await stat(join(blobs, name))).size))
  return { ...seen, readBytes, imageBytes: sizes.reduce((total, size) => total + size, 0) }
}

const CASES = (['ordinary', 'sparse'] as const).flatMap((kind) =>
  ['gzip', 'zstd', 'none'].map((compression) => [kind, compression] as const),
)

describe.each(CASES)('wrapping and pushing a disk, %s, with %s,', (kind, compression) => {
  let found: Taken
  beforeAll(async () => {
    found = await taken(disks[kind], compression)
  })

  it('takes at most 200 MB of memory, all programs together', () => {
    expect(found.memoryBytes).toBeGreaterThan(30e6)
    expect(found.memoryBytes).toBeLessThan(MOST_MEMORY_BYTES)
  })

  it('takes no more space than the image, a converted disk, and a tenth', () => {
    // Only for a layer that is not compressed a file is made, of compressed clusters.
    const convertedBytes = compression === 'none' ? found.imageBytes : 0
    expect(found.spaceBytes).toBeGreaterThanOrEqual(found.imageBytes)
    expect(found.spaceBytes).toBeLessThan(1.1 * found.imageBytes + convertedBytes + MIB)
  })

  it('reads its data twice at most, and what it wrote once, to push it', () => {
    const mostBytes = 2 * disks[kind].dataBytes + 2 * found.imageBytes + OWN_READS_BYTES
    expect(found.readBytes).toBeGreaterThan(disks[kind].dataBytes)
    expect(found.readBytes).toBeLessThan(mostBytes)
  })
})
