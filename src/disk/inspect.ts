import { open, stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { runCommand } from '../command.ts'
import { CommandError, InputError } from '../errors.ts'
import { type FileState, fileState } from '../oci/layer/filestate.ts'
import { neededPart, START_BYTES, startNamesParts } from './parts.ts'

/** What a disk file says about itself. */
export interface DiskInfo {
  /** qemu-img's name of the format: `raw`, `qcow2`, `vmdk`, … */
  readonly format: string
  /** What a machine sees. */
  readonly virtualSizeBytes: number
  /** What the file takes on this filesystem; less than its length where it has holes. */
  readonly sizeBytes: number
  /** What the file was before all this was asked. */
  readonly state: FileState
}

const SECTOR_BYTES = 512
/** POSIX.1 pax, ustar interchange format: where every header says so. In a disk's first sector it is code. */
const TAR_MAGIC_AT = 257
/** The formats that are one file by themselves and that QEMU reads well. */
const TAKEN = ['raw', 'qcow2', 'vdi', 'vhdx', 'vpc', 'vmdk']
const PACKED: readonly { readonly magic: string; readonly name: string }[] = [
  { magic: '1f8b', name: 'gzip' },
  { magic: 'fd377a585a00', name: 'xz' },
  { magic: '28b52ffd', name: 'zstd' },
  { magic: '425a68', name: 'bzip2' },
  { magic: '504b0304', name: 'zip' },
]

/**
 * Looks at a disk file with `qemu-img info`.
 *
 * @param format given for a disk whose format is known: a raw disk is then not taken for what its guest wrote at its start
 * @throws InputError for the input `disk`: no disk, packed, or not complete without another file
 */
export async function inspectDisk(path: string, format?: string, signal?: AbortSignal): Promise<DiskInfo> {
  await checkFile(path)
  const state = await fileState(path)
  if (format === undefined && startNamesParts(await startOf(path))) throw incomplete(path, 'other files')
  const info = await givenInfo(path, format, signal)
  const part = neededPart(info, resolve(path))
  if (part !== undefined) throw incomplete(path, part)
  const { format: found, 'virtual-size': virtualSizeBytes, 'actual-size': sizeBytes } = info
  if (typeof found !== 'string' || typeof virtualSizeBytes !== 'number' || typeof sizeBytes !== 'number') {
    throw new Error(`qemu-img info does not say what ${path} is: ${JSON.stringify(info)}`)
  }
  if (!TAKEN.includes(found)) {
    throw refused(
      `${path} has the format ${found}, which is none of ${TAKEN.join(', ')}: convert it with qemu-img convert -O qcow2 ${path} NEW`,
    )
  }
  if (found === 'raw') await checkRaw(path)
  else await checkWhole(path, found, signal)
  return { format: found, virtualSizeBytes, sizeBytes, state }
}

async function checkFile(path: string): Promise<void> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => error)
  if (found instanceof Error) {
    throw refused(found.code === 'ENOENT' ? `${path} does not exist` : `${path} cannot be read (${found.code})`)
  }
  if (!found.isFile()) throw refused(`${path} is no file: name a disk file`)
}

/**
 * What a machine sees of a disk that we made, in bytes.
 *
 * @param format qemu-img's name of it
 * @throws CommandError when qemu-img cannot read it or is ended
 */
export async function virtualSize(path: string, format: string, signal?: AbortSignal): Promise<number> {
  const { 'virtual-size': sizeBytes } = await qemuInfo(path, format, signal)
  if (typeof sizeBytes !== 'number') throw new Error(`qemu-img info does not say how large ${path} is`)
  return sizeBytes
}

/** An absolute path, since qemu-img takes what stands before a colon, `nbd:` or `json:`, for a protocol. */
async function qemuInfo(path: string, format: string | undefined, signal: AbortSignal | undefined) {
  const args = ['info', '--output=json', ...(format === undefined ? [] : ['-f', format]), '--', resolve(path)]
  const { stdout } = await runCommand('qemu-img', args, signal ? { signal } : {})
  return JSON.parse(stdout.toString()) as Readonly<Record<string, unknown>>
}

async function givenInfo(path: string, format: string | undefined, signal: AbortSignal | undefined) {
  try {
    return await qemuInfo(path, format, signal)
  } catch (error) {
    if (!(error instanceof CommandError) || error.outcome.kind !== 'exit') throw error
    const reason = (error.lastLines.at(-1) ?? '').replace(/^qemu-img: (Could not open '.*?': )?/, '')
    throw refused(`${path} cannot be read as a disk (${reason})`)
  }
}

/** Empty where the file cannot be read: qemu-img says why. */
async function startOf(path: string): Promise<Buffer> {
  await using file = await open(path).catch(() => undefined)
  if (file === undefined) return Buffer.alloc(0)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(START_BYTES), 0, START_BYTES, 0)
  return buffer.subarray(0, bytesRead)
}

/** Tables that point to what is not there give zeros when they are read: a copy that ended early would become an image. */
async function checkWhole(path: string, format: string, signal: AbortSignal | undefined): Promise<void> {
  const args = ['check', '--output=json', '-f', format, '--', resolve(path)]
  try {
    await runCommand('qemu-img', args, signal ? { signal } : {})
  } catch (error) {
    if (!(error instanceof CommandError) || error.outcome.kind !== 'exit') throw error
    // qemu-img(1), "check": 3 is space that nobody uses, 63 a format that cannot be checked.
    if ([3, 63].includes(error.outcome.code)) return
    throw refused(`${path} is damaged, qemu-img check finds errors in it: copy it again, whole`)
  }
}

/** qemu-img calls raw whatever it does not know. */
async function checkRaw(path: string): Promise<void> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    const { buffer } = await file.read(Buffer.alloc(8), 0, 8, 0)
    const start = buffer.toString('hex')
    const packed = PACKED.find(({ magic }) => start.startsWith(magic))
    if (packed !== undefined) throw refused(`${path} is packed with ${packed.name}: unpack it first`)
    const { buffer: magic } = await file.read(Buffer.alloc(5), 0, 5, TAR_MAGIC_AT)
    if (magic.toString('latin1') === 'ustar') {
      throw refused(`${path} is a tar archive, an appliance or a container perhaps: give the disk that is in it`)
    }
    const { buffer: end } = await file.read(Buffer.alloc(8), 0, 8, Math.max(0, size - SECTOR_BYTES))
    if (end.toString('latin1') === 'conectix') {
      throw refused(
        `${path} is a fixed VHD, of which qemu-img takes the footer for data: convert it with qemu-img convert -f vpc -O qcow2 ${path} NEW`,
      )
    }
    if (size === 0 || size % SECTOR_BYTES !== 0) {
      throw refused(`${path} is no disk: its ${size} bytes are no whole sectors of ${SECTOR_BYTES}`)
    }
  } finally {
    await file.close()
  }
}

function incomplete(path: string, part: string): InputError {
  return refused(`${path} is not complete without ${part}: flatten it with qemu-img convert -O qcow2 ${path} NEW`)
}

function refused(text: string): InputError {
  return new InputError([{ where: 'input disk', text }])
}
