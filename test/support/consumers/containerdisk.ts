import type { Verdict } from './held.ts'
import type { TarContent, TarFile } from './tarfile.ts'

/** KubeVirt's containerDisk volume: the image runs with another program in it, and QEMU reads the disk as user 107. */

/** What `qemu-img info --output=json` says of the disk, as far as KubeVirt reads it, and the size of the file. */
export interface Probed {
  readonly format: string
  readonly backingFile?: string
  readonly sizeBytes: number
}

const QEMU = 107
const SECTOR_BYTES = 512

/**
 * The disk of an image. pkg/container-disk/container-disk.go, `GetImage`.
 *
 * @param files of all layers together
 */
export function diskFile(files: readonly TarContent[]): Verdict<TarContent> {
  const inside = files.filter(({ path }) => partsOf(path)[0] === 'disk' && partsOf(path).length === 2)
  const [file] = inside
  if (file === undefined) return { says: 'no file found in folder /disk, no disk present' }
  if (inside.length > 1) return { says: 'more than one file found in folder /disk, only one disk is allowed' }
  return { takes: file }
}

/** Whether QEMU may read it: nothing changes the owner. docs/container-register-disks.md */
export function mayBeRead(files: readonly TarFile[], disk: TarFile): Verdict<true> {
  const above = files.filter(({ path, kind }) => kind === 'folder' && partsOf(path).join('/') === 'disk')
  const isOpen = isAllowed(disk, 0o4) && above.every((folder) => isAllowed(folder, 0o1))
  return isOpen ? { takes: true } : { says: 'Permission denied' }
}

/** pkg/os/disk/validation.go, `VerifyImage`, `VerifyQCOW2` and `VerifyRAW` */
export function verifiedDisk({ format, backingFile, sizeBytes }: Probed): Verdict<true> {
  if (format !== 'qcow2' && format !== 'raw') return { says: `unsupported image format: ${format}` }
  if (format === 'qcow2' && backingFile) return { says: `expected no backing file, but found ${backingFile}` }
  if (format === 'raw' && (sizeBytes === 0 || sizeBytes % SECTOR_BYTES !== 0)) {
    return { says: `raw image size ${sizeBytes} is not a positive multiple of ${SECTOR_BYTES} bytes` }
  }
  return { takes: true }
}

/**
 * The disk in a volume that has the root of an image or the files of an artifact: KubeVirt's ImageVolume.
 * cmd/virt-handler's manager.go since pull request 18491
 *
 * @param files of all layers together, or one for each layer of an artifact, named by its title
 */
export function volumeDisk(files: readonly TarContent[], root: string): Verdict<TarContent> {
  const top = files.filter(({ path }) => partsOf(path).length === 1)
  const [only] = top
  if (top.length === 1 && only && only.kind !== 'folder') return { takes: only }
  if (top.some(({ path, kind }) => kind === 'folder' && partsOf(path)[0] === 'disk')) return diskFile(files)
  const found = `found ${top.length} entries, no /disk directory`
  return { says: `could not determine disk file in image volume root ${root} (${found})` }
}

function isAllowed({ mode, uid, gid }: TarFile, bit: number): boolean {
  const shift = uid === QEMU ? 6 : gid === QEMU ? 3 : 0
  return (mode & (bit << shift)) !== 0
}

function partsOf(path: string): readonly string[] {
  return path
    .replace(/^\.?\//, '')
    .split('/')
    .filter(Boolean)
}
