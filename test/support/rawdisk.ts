import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runCommand } from '../../src/command.ts'
import { type Conversion, type ConvertedDisk, convertDisk } from '../../src/disk/convert.ts'
import { DISK_FORMATS, type DiskFormat } from '../../src/disk/format.ts'

/** Bytes at a place of a disk. */
export interface Piece {
  readonly at: number
  readonly bytes: Buffer
}

/** A folder with a raw disk in it, to convert it from. */
export interface DiskFolder extends AsyncDisposable {
  readonly path: string
  /** The raw disk. */
  readonly disk: string
  readonly sizeBytes: number
  at(name: string): string
  /** Converts the disk to a file of the name, the format's extension behind it. */
  convert(to: DiskFormat, changes?: Partial<Conversion> & { readonly name?: string }): Promise<ConvertedDisk>
}

const EPOCH = 1767323045

/** @param hasHoles whether what no piece covers is a hole; else it is zeros that take space */
export async function diskFolder(
  sizeBytes: number,
  pieces: readonly Piece[],
  hasHoles: boolean = true,
): Promise<DiskFolder> {
  const path = await mkdtemp(join(tmpdir(), 'formats-'))
  const at = (name: string) => join(path, name)
  const disk = at('source.raw')
  const file = await open(disk, 'w')
  if (hasHoles) await file.truncate(sizeBytes)
  else await file.write(Buffer.alloc(sizeBytes))
  for (const piece of pieces) await file.write(piece.bytes, 0, piece.bytes.length, piece.at)
  await file.close()
  const given = { source: disk, from: 'raw', virtualSizeBytes: sizeBytes, epochSeconds: EPOCH }
  return {
    path,
    disk,
    sizeBytes,
    at,
    convert: (to, { name = 'made', ...changes } = {}) =>
      convertDisk({ ...given, to, target: at(`${name}.${DISK_FORMATS[to].extension}`), ...changes }),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true }),
  }
}

/** Bytes that no compression makes smaller, the same for the same seed. */
export function noise(length: number, seed: number): Buffer {
  const words = new Uint32Array(Math.ceil(length / 4))
  let state = seed | 1
  for (let index = 0; index < words.length; index += 1) {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    words[index] = state
  }
  return Buffer.from(words.buffer).subarray(0, length)
}

/** Whether the disk holds what the raw one does and then zeros: `qemu-img compare`, which passes over zeros at the end. */
export async function isSameDisk(raw: string, format: string, file: string): Promise<boolean> {
  const args = ['compare', '-f', 'raw', '-F', format, raw, file]
  return (await runCommand('qemu-img', args, { accept: [0, 1] })).exitCode === 0
}
