import { ImageError } from '../../errors.ts'
import { epochProblem } from '../epoch.ts'

/** One entry of the layer, before its content. */
export interface TarEntry {
  readonly kind: 'file' | 'directory'
  /** In the image, without leading slash; a directory's without trailing one. */
  readonly path: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly sizeBytes: number
  readonly mtimeSeconds: number
}

const BLOCK_BYTES = 512
/** POSIX.1 pax, ustar interchange format: the numbers are octal digits and a NUL. */
const NAME_BYTES = 100
const PREFIX_BYTES = 155
const OCTAL_11_LIMIT = 8 ** 11
/** The user and group qemu of KubeVirt; kubevirt docs/container-register-disks.md, pkg/util/util.go. */
const QEMU = 107

/** Why a path cannot be the disk's in the image, as one sentence; undefined when it can. */
export function diskPathProblem(path: string): string | undefined {
  if (!path.startsWith('/')) return 'the path is not absolute: start it with /'
  if (/\p{Cc}/u.test(path)) return 'the path holds a control character: write it without'
  const parts = path.slice(1).split('/')
  if (parts.at(-1) === '') return 'the path ends with /: add the name of the file'
  if (parts.includes('..') || parts.includes('.')) return 'the path holds . or ..: write it without them'
  if (parts.some((part) => Buffer.byteLength(part) > 255))
    return 'the path holds a name of more than 255 bytes, which no file system takes'
  if (parts.includes('')) return 'the path holds //: write it with single ones'
  // image-spec layer.md, "Whiteouts": such a name deletes files of lower layers.
  if (parts.some((part) => part.startsWith('.wh.')))
    return 'the path holds a name that starts with .wh., which deletes files'
  return undefined
}

/**
 * The entries of a layer with one disk, the file last.
 *
 * In `/disk/` they follow KubeVirt's containerDisk: folder 0555, file 0444, both owned by 107:107. Folders elsewhere are
 * root's, and only there when nothing lies below: on a base an entry would change the base's own folder, and what
 * unpacks a layer makes missing ones. Where nothing lies below there is a `/usr` too, empty: cfsctl 0.9.4 pulls no image
 * without ("Directory entry "usr" does not exist").
 *
 * @param path absolute path of the disk in the image
 * @throws ImageError when `diskPathProblem` has one; RangeError when `epochProblem` has one for the time
 */
export function diskEntries(
  path: string,
  facts: { readonly sizeBytes: number; readonly mtimeSeconds: number; readonly hasBase: boolean },
): readonly TarEntry[] {
  const problem = diskPathProblem(path)
  if (problem !== undefined) throw new ImageError('image-invalid', `an image with the disk at ${path}`, [problem])
  const { sizeBytes, mtimeSeconds, hasBase } = facts
  const timeProblem = epochProblem(mtimeSeconds)
  if (timeProblem !== undefined) throw new RangeError(timeProblem)
  const parts = path.slice(1).split('/')
  const above = parts.slice(0, -1).map((_, depth) => parts.slice(0, depth + 1).join('/'))
  const isContainerDisk = parts.length === 2 && parts[0] === 'disk'
  // A folder that is closed to its owner comes right before what is in it: tar closes it when it goes on elsewhere.
  const folders = [...(hasBase || parts[0] === 'usr' ? [] : ['usr']), ...(isContainerDisk || !hasBase ? above : [])]
  const qemu = { uid: QEMU, gid: QEMU }
  const ofFolder = (folder: string) =>
    isContainerDisk && folder === 'disk' ? { mode: 0o555, ...qemu } : { mode: 0o755, uid: 0, gid: 0 }
  return [
    ...folders.map(
      (folder): TarEntry => ({ kind: 'directory', path: folder, sizeBytes: 0, mtimeSeconds, ...ofFolder(folder) }),
    ),
    { kind: 'file', path: parts.join('/'), mode: 0o444, sizeBytes, mtimeSeconds, ...qemu },
  ]
}

/** The header blocks of an entry: ustar, led by a pax extended header for what ustar cannot say. */
export function tarHeader(entry: TarEntry): Buffer {
  const path = entry.kind === 'directory' ? `${entry.path}/` : entry.path
  const split = isAscii(path) ? splitPath(path) : undefined
  const records = [
    ...(split === undefined ? [paxRecord('path', path)] : []),
    ...(entry.sizeBytes < OCTAL_11_LIMIT ? [] : [paxRecord('size', `${entry.sizeBytes}`)]),
    ...(entry.mtimeSeconds < OCTAL_11_LIMIT ? [] : [paxRecord('mtime', `${entry.mtimeSeconds}`)]),
  ]
  const own = ustarBlock({
    ...entry,
    typeflag: entry.kind === 'directory' ? '5' : '0',
    ...(split ?? { name: asciiStandIn(path), prefix: '' }),
  })
  return records.length === 0 ? own : Buffer.concat([paxHeader(entry, Buffer.concat(records)), own])
}

/** What follows content of this size up to the next block. */
export function tarPadding(sizeBytes: number): Buffer {
  return Buffer.alloc((BLOCK_BYTES - (sizeBytes % BLOCK_BYTES)) % BLOCK_BYTES)
}

/** The end of an archive. */
export function tarEnd(): Buffer {
  return Buffer.alloc(2 * BLOCK_BYTES)
}

interface Ustar {
  readonly name: string
  readonly prefix: string
  readonly typeflag: '0' | '5' | 'x'
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly sizeBytes: number
  readonly mtimeSeconds: number
}

function ustarBlock(fields: Ustar): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES)
  block.write(fields.name, 0, NAME_BYTES, 'latin1')
  block.write(octal(fields.mode, 7), 100, 'latin1')
  block.write(octal(fields.uid, 7), 108, 'latin1')
  block.write(octal(fields.gid, 7), 116, 'latin1')
  block.write(octal(fields.sizeBytes, 11), 124, 'latin1')
  block.write(octal(fields.mtimeSeconds, 11), 136, 'latin1')
  block.write(' '.repeat(8), 148, 'latin1')
  block.write(fields.typeflag, 156, 'latin1')
  block.write('ustar\0' + '00', 257, 'latin1')
  block.write(octal(0, 7), 329, 'latin1')
  block.write(octal(0, 7), 337, 'latin1')
  block.write(fields.prefix, 345, PREFIX_BYTES, 'latin1')
  const sum = block.reduce((total, byte) => total + byte, 0)
  block.write(`${octal(sum, 6)}\0 `, 148, 'latin1')
  return block
}

/** A number that the pax header gives instead stands as 0. */
function octal(value: number, digits: number): string {
  return (value < 8 ** digits ? value : 0).toString(8).padStart(digits, '0')
}

function paxHeader(entry: TarEntry, records: Buffer): Buffer {
  const header = ustarBlock({
    name: 'PaxHeaders/disk',
    prefix: '',
    typeflag: 'x',
    mode: 0o644,
    uid: 0,
    gid: 0,
    sizeBytes: records.length,
    mtimeSeconds: entry.mtimeSeconds,
  })
  return Buffer.concat([header, records, tarPadding(records.length)])
}

/** `LENGTH KEY=VALUE\n`, the length counting itself: POSIX.1 pax, extended header. */
function paxRecord(key: string, value: string): Buffer {
  const rest = Buffer.byteLength(` ${key}=${value}\n`)
  let length = rest + `${rest}`.length
  length = rest + `${length}`.length
  return Buffer.from(`${length} ${key}=${value}\n`, 'utf8')
}

/** ustar's two fields, joined by a slash when read; undefined when the path does not fit. */
function splitPath(path: string): { name: string; prefix: string } | undefined {
  if (path.length <= NAME_BYTES) return { name: path, prefix: '' }
  // The last slash that leaves a prefix short enough leaves the shortest name; a folder's own slash splits nothing.
  const slash = path.lastIndexOf('/', Math.min(PREFIX_BYTES, path.length - 2))
  const name = path.slice(slash + 1)
  return slash > 0 && name.length <= NAME_BYTES ? { name, prefix: path.slice(0, slash) } : undefined
}

function asciiStandIn(path: string): string {
  return path.replaceAll(/[^\x20-\x7e]/g, '_').slice(0, NAME_BYTES)
}

function isAscii(text: string): boolean {
  return /^[\x20-\x7e]*$/.test(text)
}
