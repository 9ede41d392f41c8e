import { open, stat } from 'node:fs/promises'
import { runCommand } from '../command.ts'
import { CommandError, InputError } from '../errors.ts'

/** What a disk file says about itself. */
export interface DiskInfo {
  /** qemu-img's name of the format: `raw`, `qcow2`, `vmdk`, … */
  readonly format: string
  /** What a machine sees. */
  readonly virtualSizeBytes: number
  /** What the file takes on this filesystem; less than its length where it has holes. */
  readonly sizeBytes: number
}

const SECTOR_BYTES = 512
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
  const info = await qemuInfo(path, format, signal)
  const extra = info['backing-filename'] ?? dataFile(info)
  if (typeof extra === 'string') {
    throw refused(`${path} is not complete without ${extra}: flatten it with qemu-img convert -O qcow2 ${path} NEW`)
  }
  const { format: found, 'virtual-size': virtualSizeBytes, 'actual-size': sizeBytes } = info
  if (typeof found !== 'string' || typeof virtualSizeBytes !== 'number' || typeof sizeBytes !== 'number') {
    throw new Error(`qemu-img info does not say what ${path} is: ${JSON.stringify(info)}`)
  }
  if (found === 'raw') await checkRaw(path)
  return { format: found, virtualSizeBytes, sizeBytes }
}

async function checkFile(path: string): Promise<void> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => error)
  if (found instanceof Error) {
    throw refused(found.code === 'ENOENT' ? `${path} does not exist` : `${path} cannot be read (${found.code})`)
  }
  if (!found.isFile()) throw refused(`${path} is no file: name a disk file`)
}

async function qemuInfo(path: string, format: string | undefined, signal: AbortSignal | undefined) {
  const args = ['info', '--output=json', ...(format === undefined ? [] : ['-f', format]), '--', path]
  try {
    const { stdout } = await runCommand('qemu-img', args, signal ? { signal } : {})
    return JSON.parse(stdout.toString()) as Readonly<Record<string, unknown>>
  } catch (error) {
    if (!(error instanceof CommandError) || error.outcome.kind !== 'exit') throw error
    const reason = (error.lastLines.at(-1) ?? '').replace(/^qemu-img: (Could not open '.*?': )?/, '')
    throw refused(`${path} cannot be read as a disk (${reason})`)
  }
}

/** qcow2 may keep its content in a raw file beside it. */
function dataFile(info: Readonly<Record<string, unknown>>): unknown {
  const specific = info['format-specific'] as { readonly data?: Readonly<Record<string, unknown>> } | undefined
  return specific?.data?.['data-file']
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
    if (size === 0 || size % SECTOR_BYTES !== 0) {
      throw refused(`${path} is no disk: its ${size} bytes are no whole sectors of ${SECTOR_BYTES}`)
    }
  } finally {
    await file.close()
  }
}

function refused(text: string): InputError {
  return new InputError([{ where: 'input disk', text }])
}
