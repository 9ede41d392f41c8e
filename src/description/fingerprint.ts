import { createHash, type Hash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { lstat, readdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'

/**
 * A sha256, in hex, over all that a staged description consists of: paths, modes, bytes and links, but not times.
 *
 * @param folder of files, folders and symbolic links
 */
export async function fingerprint(folder: string): Promise<string> {
  const hash = createHash('sha256')
  await addFolder(hash, folder, '')
  return hash.digest('hex')
}

async function addFolder(hash: Hash, root: string, path: string): Promise<void> {
  const names = await readdir(join(root, path))
  // By code units and not by the language of the machine.
  for (const name of names.sort()) {
    const entry = path === '' ? name : `${path}/${name}`
    const stats = await lstat(join(root, entry))
    const mode = (stats.mode & 0o7777).toString(8)
    if (stats.isSymbolicLink()) add(hash, 'link', entry, await readlink(join(root, entry)))
    else if (stats.isDirectory()) {
      add(hash, 'folder', entry, mode)
      await addFolder(hash, root, entry)
    } else {
      add(hash, 'file', entry, mode, await contentHash(join(root, entry)))
    }
  }
}

async function contentHash(file: string): Promise<string> {
  const hash = createHash('sha256')
  await pipeline(createReadStream(file), hash)
  return hash.digest('hex')
}

/** With lengths, so that no two lists of words make the same bytes. */
function add(hash: Hash, ...words: readonly string[]): void {
  for (const word of words) hash.update(`${Buffer.byteLength(word)}:`).update(word)
  hash.update('\n')
}
