import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { zstdDecompressSync } from 'node:zlib'
import type { Descriptor } from '../../../src/oci/descriptor.ts'
import type { Manifest } from '../../../src/oci/manifest.ts'

const run = promisify(execFile)

/** What a job exported as `oci:FOLDER`, read without the product. */
export interface ReadLayout {
  /** Of `index.json`. */
  readonly top: Descriptor
  /** Of the index that `top` names; empty where it names a manifest. */
  readonly entries: readonly Descriptor[]
  manifest(descriptor: Pick<Descriptor, 'digest'>): Promise<Manifest>
  json(descriptor: Pick<Descriptor, 'digest'>): Promise<Readonly<Record<string, unknown>>>
  bytes(descriptor: Pick<Descriptor, 'digest'>): Promise<Buffer>
}

export async function readLayout(folder: string): Promise<ReadLayout> {
  const bytes = ({ digest }: Pick<Descriptor, 'digest'>) => readFile(join(folder, 'blobs/sha256', digest.slice(7)))
  const json = async (descriptor: Pick<Descriptor, 'digest'>) => JSON.parse((await bytes(descriptor)).toString('utf8'))
  const { manifests } = JSON.parse(await readFile(join(folder, 'index.json'), 'utf8'))
  if (manifests.length !== 1) throw new Error(`${folder} has ${manifests.length} names`)
  const [top] = manifests
  const { manifests: entries = [] } = await json(top)
  return { top, entries, manifest: json, json, bytes }
}

/** The raw content of a disk in another format, packed by zstd or not. */
export async function rawOf(blob: Buffer, format: string, folder: string): Promise<Buffer> {
  const [disk, raw] = [join(folder, `packed.${format}`), join(folder, 'unpacked.raw')]
  const isPacked = blob.readUInt32BE(0) === 0x28b52ffd
  await writeFile(disk, isPacked ? zstdDecompressSync(blob) : blob)
  if (format === 'raw') return await readFile(disk)
  await run('qemu-img', ['convert', '-f', format, '-O', 'raw', disk, raw])
  return await readFile(raw)
}

/** The names in a tar, packed by gzip or not, as tar(1) lists them with their owners and modes. */
export async function tarList(layer: Buffer, folder: string): Promise<readonly string[]> {
  const file = join(folder, 'layer.tar')
  await writeFile(file, layer)
  const { stdout } = await run('tar', ['-tvf', file, '--numeric-owner'])
  const rows = stdout.trim().split('\n')
  return rows.map((row) => row.replace(/^(\S+) (\S+) +\d+ \S+ \S+ (.*)$/, '$1 $2 $3'))
}

/** One file of a tar, packed by gzip or not. */
export async function fileInTar(layer: Buffer, path: string, folder: string): Promise<Buffer> {
  const file = join(folder, 'layer.tar')
  await writeFile(file, layer)
  const { stdout } = await run('tar', ['-xOf', file, path], { encoding: 'buffer', maxBuffer: 2 ** 28 })
  return stdout
}
