import { writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { spaceError } from '../../errors.ts'

/**
 * Writes a file of ours into a folder that goes with the job, as Node's `writeFile`, whose error does not say where the disk
 * is full.
 *
 * @throws HostError when the disk is full; other errors of the file system are passed on
 */
export async function putText(
  path: string,
  content: string | Uint8Array,
  options: { readonly mode?: number; readonly flag?: 'w' | 'wx' } = {},
): Promise<void> {
  try {
    await writeFile(path, content, options)
  } catch (error) {
    throw spaceError(error, dirname(path))
  }
}
