import { mkdir, stat } from 'node:fs/promises'
import { dirname } from 'node:path'

/**
 * Makes a folder and those above it. What is there already stays.
 *
 * Not with `recursive`: where a parent is there and takes no folders, as in /proc, Node 24 tries for ever
 * (libuv says ENOENT, and Node makes the parent again).
 *
 * @throws errors of the file system
 */
export async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'EEXIST' && (await stat(path)).isDirectory()) return
    const parent = dirname(path)
    if (code !== 'ENOENT' || parent === path || (await isThere(parent))) throw error
    await makeFolder(parent)
    await makeFolder(path)
  }
}

/** Whether something is there: behind links, and as far as we may look. */
export async function isThere(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined)) !== undefined
}
