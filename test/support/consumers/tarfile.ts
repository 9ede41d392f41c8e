import { gunzipSync } from 'node:zlib'
import { blobOf, type Document, type Held } from './held.ts'

/** A file or folder of a layer, as its header says: the path with whatever stands before and after it. */
export interface TarFile {
  readonly path: string
  readonly kind: 'file' | 'folder' | 'other'
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly sizeBytes: number
}

export interface TarContent extends TarFile {
  readonly bytes: Buffer
}

const BLOCK = 512
const KINDS: Readonly<Record<string, TarFile['kind']>> = { '0': 'file', '\0': 'file', '5': 'folder' }

/** Reads a whole archive, without the product's reader; ustar, and of pax the path and the size. */
export function tarFiles(archive: Buffer): readonly TarContent[] {
  const files: TarContent[] = []
  let extended = new Map<string, string>()
  for (let at = 0; at + BLOCK <= archive.length && archive[at] !== 0; ) {
    const header = archive.subarray(at, at + BLOCK)
    const type = header.toString('latin1', 156, 157)
    const sizeBytes = Number(extended.get('size') ?? Number.parseInt(text(header, 124, 12), 8))
    const bytes = archive.subarray(at + BLOCK, at + BLOCK + sizeBytes)
    at += BLOCK + Math.ceil(sizeBytes / BLOCK) * BLOCK
    if (type === 'x') {
      extended = records(bytes.toString('utf8'))
      continue
    }
    const prefix = text(header, 345, 155)
    const path = extended.get('path') ?? (prefix === '' ? text(header, 0, 100) : `${prefix}/${text(header, 0, 100)}`)
    const [mode = 0, uid = 0, gid = 0] = [100, 108, 116].map((from) => Number.parseInt(text(header, from, 8), 8))
    files.push({ path, kind: KINDS[type] ?? 'other', mode, uid, gid, sizeBytes, bytes })
    extended = new Map()
  }
  return files
}

/** The files of all layers of an image, lowest first; of gzip or not packed. */
export function layerFiles(held: Held, { layers = [] }: Document): readonly TarContent[] {
  return layers.flatMap(({ digest, mediaType }) => {
    const bytes = blobOf(held, digest)
    return tarFiles(mediaType.endsWith('+gzip') ? gunzipSync(bytes) : bytes)
  })
}

/** The layers of an artifact as CRI-O mounts them: files by their titles, others left out; internal/ociartifact/store.go. */
export function titledFiles(held: Held, { layers = [] }: Document): readonly TarContent[] {
  return layers.flatMap(({ digest, annotations }) => {
    const path = annotations?.['org.opencontainers.image.title']
    const bytes = blobOf(held, digest)
    return path === undefined
      ? []
      : [{ path, kind: 'file' as const, mode: 0o444, uid: 0, gid: 0, sizeBytes: bytes.length, bytes }]
  })
}

/** An archive of files full of zeros, in ustar. */
export function tarOf(files: readonly TarFile[]): Buffer {
  const blocks = files.flatMap((file) => [header(file), Buffer.alloc(Math.ceil(file.sizeBytes / BLOCK) * BLOCK)])
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK)])
}

function header({ path, kind, mode, uid, gid, sizeBytes }: TarFile): Buffer {
  const bytes = Buffer.alloc(BLOCK)
  const octal = (value: number, at: number, width: number) => bytes.write(value.toString(8).padStart(width, '0'), at)
  bytes.write(path, 0)
  octal(mode, 100, 7)
  octal(uid, 108, 7)
  octal(gid, 116, 7)
  octal(sizeBytes, 124, 11)
  octal(0, 136, 11)
  bytes.write(kind === 'folder' ? '5' : '0', 156)
  bytes.write('ustar\x0000', 257)
  bytes.fill(' ', 148, 156)
  octal(
    bytes.reduce((sum, byte) => sum + byte, 0),
    148,
    6,
  )
  bytes[154] = 0
  return bytes
}

function text(header: Buffer, from: number, width: number): string {
  return (
    header
      .toString('utf8', from, from + width)
      .split('\0')[0]
      ?.trim() ?? ''
  )
}

function records(content: string): Map<string, string> {
  return new Map([...content.matchAll(/\d+ ([^=\n]+)=([^\n]*)\n/g)].map(([, key = '', value = '']) => [key, value]))
}
