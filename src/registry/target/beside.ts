import { readdir, rename, rm, rmdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { HostError } from '../../errors.ts'
import { syncFile } from '../../oci/store/blob.ts'
import { isThere, makeFolder } from '../../oci/store/folder.ts'
import { temporaryName } from '../../oci/store/temporary.ts'

/**
 * Makes a new folder whole: filled under another name beside it, and renamed when all its files are on the disk. On an
 * error nothing of it stays, nor of the folders above that were made for it.
 *
 * @param path absolute
 * @returns false when something came to be there meanwhile, and nothing was done
 */
export async function makeWhole(path: string, fill: (folder: string) => Promise<void>): Promise<boolean> {
  const made = await makeParents(path)
  const temporary = join(dirname(path), temporaryName())
  try {
    await makeFolder(temporary)
    await fill(temporary)
    await syncFiles(temporary)
    if (await takesPlace(temporary, path)) return true
    await rm(temporary, { recursive: true, force: true })
    return false
  } catch (error) {
    await rm(temporary, { recursive: true, force: true })
    for (const folder of made) await rmdir(folder).catch(() => {})
    throw error
  }
}

/** @returns false when something is there already */
async function takesPlace(temporary: string, path: string): Promise<boolean> {
  try {
    await rename(temporary, path)
    return true
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : ''
    if (['EEXIST', 'ENOTEMPTY', 'ENOTDIR'].includes(code)) return false
    throw error
  }
}

/**
 * What is in a folder, undefined where nothing is there.
 *
 * @param kind what it has to be able to hold, for the error: `an OCI layout`
 * @throws HostError when it is no folder that can be read
 */
export async function namesIn(folder: string, kind: string): Promise<readonly string[] | undefined> {
  return await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw new HostError(
      'host-destination',
      `${folder} cannot be used as ${kind} (${error.code})`,
      'export to another folder',
    )
  })
}

async function syncFiles(folder: string): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile())
  await Promise.all(files.map(({ parentPath, name }) => syncFile(join(parentPath, name))))
}

/** @returns the folders above a path that were missing, the lowest first */
async function makeParents(path: string): Promise<readonly string[]> {
  const missing: string[] = []
  for (let folder = dirname(path); !(await isThere(folder)); folder = dirname(folder)) missing.push(folder)
  await makeFolder(dirname(path))
  return missing
}
