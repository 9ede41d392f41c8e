import { stat } from 'node:fs/promises'
import { HostError } from '../../errors.ts'

/** What a file that is written to does not keep. */
export interface FileState {
  readonly size: bigint
  /** Nanoseconds since 1970. */
  readonly mtimeNs: bigint
}

export async function fileState(path: string): Promise<FileState> {
  const { size, mtimeNs } = await stat(path, { bigint: true })
  return { size, mtimeNs }
}

/** @throws HostError where a disk is no longer what it was */
export async function checkUnchanged(path: string, before: FileState): Promise<void> {
  const { size, mtimeNs } = await fileState(path)
  if (size !== before.size || mtimeNs !== before.mtimeNs) throw changedDisk(path)
}

export function changedDisk(path: string): HostError {
  return new HostError(
    'host-disk',
    `the disk ${path} changed while it was read`,
    'end what writes to it, a running VM perhaps, and try again',
  )
}
