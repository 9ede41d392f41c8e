import { mkdtemp, symlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { runCommand } from '../command.ts'

/** A disk as qemu-img is to read it. */
export interface ReadDisk {
  /** Absolute, since qemu-img takes what stands before a colon for a protocol. */
  readonly file: string
  /** qemu-img's name of its format. */
  readonly format: string
}

/**
 * A disk that reads as another with zeros behind it, of some 200 KB: nothing of the other is changed or copied.
 *
 * @param sizeBytes the size to have, more than the disk's
 * @param folder of our own, which has to last as long as it is read
 */
export async function extendedDisk(
  disk: ReadDisk,
  sizeBytes: number,
  folder: string,
  signal?: AbortSignal,
): Promise<ReadDisk> {
  // A qcow2 holds at most 1023 bytes of this name (QEMU docs/interop/qcow2.txt), and paths are longer.
  const place = await mkdtemp(join(resolve(folder), 'overlay-'))
  await symlink(disk.file, join(place, 'below'))
  const file = join(place, 'above.qcow2')
  const args = ['create', '-q', '-f', 'qcow2', '-F', disk.format, '-b', 'below', '--', file, `${sizeBytes}`]
  await runCommand('qemu-img', args, signal === undefined ? {} : { signal })
  return { file, format: 'qcow2' }
}
