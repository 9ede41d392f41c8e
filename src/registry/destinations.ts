import { constants } from 'node:fs'
import { access, lstat, readdir, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { InputError } from '../errors.ts'
import { type ImageName, type LocalName, plainName } from './transport.ts'

/**
 * Looks at the places of `export` before an hour of building; nothing is written.
 *
 * @throws InputError for the input `export` with every place that cannot be written to: what is there is something else,
 *   or the folder that it goes into is missing or not ours to write
 */
export async function checkDestinations(names: readonly ImageName[]): Promise<void> {
  const reasons = await Promise.all(
    names.map((name) => (name.transport === 'docker' ? undefined : reasonAgainst(name))),
  )
  const problems = names.flatMap((name, index) => {
    const reason = reasons[index]
    return reason === undefined ? [] : [{ where: 'input export', text: `${plainName(name)}: ${reason}` }]
  })
  if (problems.length > 0) throw new InputError(problems)
}

async function reasonAgainst({ transport, path }: LocalName): Promise<string | undefined> {
  switch (transport) {
    case 'oci':
      return (await against(path, 'oci-layout', 'an OCI layout')) ?? (await againstPlace(await nearestFolder(path)))
    case 'dir':
      // c/image directory/directory_dest.go: it empties what it made itself, and refuses all else.
      return (await against(path, 'version', 'an image')) ?? (await againstPlace(await folderOrParent(path)))
    case 'oci-archive':
    case 'docker-archive':
      return (await isNoFile(path))
        ? 'it is there and no regular file: write the path of a file'
        : await againstPlace(dirname(resolve(path)))
    default:
      return undefined
  }
}

/** A folder with content has to hold the file that marks its kind. */
async function against(folder: string, mark: string, kind: string): Promise<string | undefined> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => error)
  if (!(names instanceof Error)) {
    if (names.length === 0 || names.includes(mark)) return undefined
    return `the folder holds something else than ${kind}: export to another folder`
  }
  if (names.code === 'ENOENT') return undefined
  return `it is no folder that can be read (${names.code}): export to another folder`
}

async function againstPlace(folder: string): Promise<string | undefined> {
  if (!(await isFolder(folder))) return `${folder} is no folder: make it, or export to another place`
  return access(folder, constants.W_OK | constants.X_OK).then(
    () => undefined,
    () => `${folder} cannot be written to: export to another place`,
  )
}

/** Where the first missing folder of a path would be made. */
async function nearestFolder(path: string): Promise<string> {
  let folder = resolve(path)
  while (folder !== dirname(folder) && !(await isThere(folder))) folder = dirname(folder)
  return folder
}

async function folderOrParent(path: string): Promise<string> {
  return (await isThere(path)) ? resolve(path) : dirname(resolve(path))
}

async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined
}

/** A device, a pipe or a link would be replaced by the archive. */
async function isNoFile(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isFile() === false
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true
}
