import { randomFillSync } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, open, readFile, rename, rm } from 'node:fs/promises'
import { delimiter, dirname, join } from 'node:path'
import { run } from '../scripts/run.ts'
import { repositoryRoot, tool } from '../test/support/tools.ts'

const GIB = 1024 ** 3
const MIB = 1024 ** 2

export const CACHE = join(repositoryRoot, 'node_modules/.cache/kiwi-oci-bench')

/** Disk files, made once. */
export interface Disks {
  /** Raw, built from examples/debian. */
  readonly raw: string
  /** The same as a plain qcow2. */
  readonly qcow2: string
  /** Raw, 20 GiB with 64 MiB of the first in it. */
  readonly sparse: string
  /** Raw, 256 MiB that no compressor makes smaller. */
  readonly random: string
}

/** @throws Error when the example cannot be built; it takes some minutes, once */
export async function makeDisks(): Promise<Disks> {
  await mkdir(CACHE, { recursive: true })
  const disks = {
    raw: join(CACHE, 'debian.raw'),
    qcow2: join(CACHE, 'debian.qcow2'),
    sparse: join(CACHE, 'sparse.raw'),
    random: join(CACHE, 'random.raw'),
  }
  await once(disks.raw, buildExample)
  await once(disks.qcow2, async (file) => run('qemu-img', ['convert', '-O', 'qcow2', disks.raw, file]))
  await once(disks.sparse, async (file) => await makeSparse(file, disks.raw))
  await once(disks.random, makeRandom)
  return disks
}

async function once(path: string, make: (file: string) => Promise<void>): Promise<void> {
  if (existsSync(path)) return
  process.stderr.write(`makes ${path}\n`)
  const temporary = `${path}.partial`
  await make(temporary)
  await rename(temporary, path)
}

/** By our own command line, and then out of the image again. */
async function buildExample(file: string): Promise<void> {
  const folder = await mkdtemp(join(CACHE, 'build-'))
  const layout = join(folder, 'layout')
  const args = ['--description', join(repositoryRoot, 'examples/debian'), '--kiwi-version', 'system']
  const image = [
    '--base-image',
    'scratch',
    '--format',
    'raw',
    '--compression',
    'none',
    '--export',
    `oci:${layout}:disk`,
  ]
  const PATH = [dirname(tool('kiwi-ng')), process.env['PATH']].join(delimiter)
  run(process.execPath, [join(repositoryRoot, 'dist/cli.js'), ...args, ...image], { env: { ...process.env, PATH } })
  const blob = async (descriptor: { readonly digest: string }) =>
    join(layout, 'blobs', descriptor.digest.replace(':', '/'))
  const index = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8'))
  const manifest = JSON.parse(await readFile(await blob(index.manifests[0]), 'utf8'))
  run('tar', ['--sparse', '-xf', await blob(manifest.layers[0]), '-C', folder, '--strip-components=1', 'disk'])
  run('sh', ['-c', 'cp --sparse=always "$1"/*.raw "$2"', 'sh', folder, file])
  await rm(folder, { recursive: true })
}

/** A MiB of the other disk in each 320. */
async function makeSparse(path: string, from: string): Promise<void> {
  await using source = await open(from, 'r')
  await using file = await open(path, 'w')
  await file.truncate(20 * GIB)
  const bytes = Buffer.alloc(MIB)
  const { size } = await source.stat()
  for (let at = 0; at < 64; at++) {
    await source.read(bytes, 0, MIB, Math.floor((size / 64) * at))
    await file.write(bytes, 0, MIB, at * 320 * MIB)
  }
}

async function makeRandom(path: string): Promise<void> {
  await using file = await open(path, 'w')
  const bytes = Buffer.alloc(MIB)
  for (let at = 0; at < 256; at++) await file.write(randomFillSync(bytes))
}
