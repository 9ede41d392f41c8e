import { constants, type Stats } from 'node:fs'
import { chmod, copyFile, lstat, mkdir, readdir, readlink, realpath, stat, symlink, utimes } from 'node:fs/promises'
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from 'node:path'
import type { Problem } from '../errors.ts'

export interface CopyOptions {
  /**
   * Folders at the top whose symbolic links are content of the image and no way to files of this machine: KIWI copies
   * them as links (kiwi/system/setup.py `_sync_overlay_files`), and so do we.
   */
  readonly overlays: readonly string[]
  /** What is not copied; absolute. */
  readonly leftOut: readonly string[]
}

interface Tree {
  /** Real path of the folder that links may point into. */
  readonly root: string
  /** Real paths of the folders that are being copied, outermost first. */
  readonly stack: readonly string[]
  readonly isOverlay: boolean
}

/**
 * Copies a folder: files with mode and time, links within it as links, links that leave it as what they point to. The
 * source is only read.
 *
 * @param from an existing folder, @param into one that does not exist yet
 * @returns a problem for each dangling link, each link that leads back to a folder around it, and each device, socket
 *   or pipe; the copy then lacks these
 */
export async function copyFolder(from: string, into: string, options: CopyOptions): Promise<readonly Problem[]> {
  const root = await realpath(from)
  const overlays = options.overlays.map((name) => join(root, name))
  const copier = new Copier({ root, into }, await realPaths(overlays), await realPaths([...options.leftOut, into]))
  await copier.copyDirectory(root, into, { root, stack: [root], isOverlay: false }, await stat(root))
  return copier.problems
}

async function realPaths(paths: readonly string[]): Promise<ReadonlySet<string>> {
  const found = await Promise.all(paths.map((path) => realpath(path).catch(() => undefined)))
  return new Set(found.filter((path) => path !== undefined))
}

class Copier {
  readonly problems: Problem[] = []
  readonly #folders: { readonly root: string; readonly into: string }
  readonly #overlays: ReadonlySet<string>
  readonly #leftOut: ReadonlySet<string>

  constructor(folders: { root: string; into: string }, overlays: ReadonlySet<string>, leftOut: ReadonlySet<string>) {
    this.#folders = folders
    this.#overlays = overlays
    this.#leftOut = leftOut
  }

  async copyDirectory(source: string, target: string, tree: Tree, stats: Stats): Promise<void> {
    const isOverlay = tree.isOverlay || this.#overlays.has(source)
    const names = await readdir(source).catch((error: unknown) => this.#unreadable(target, error, []))
    await mkdir(target, { recursive: true })
    for (const name of names.sort()) {
      const path = join(source, name)
      if (!this.#leftOut.has(path)) await this.#copyEntry(path, join(target, name), { ...tree, isOverlay })
    }
    await keepModeAndTime(target, stats)
  }

  async #copyEntry(source: string, target: string, tree: Tree): Promise<void> {
    const stats = await lstat(source)
    if (stats.isDirectory()) return this.copyDirectory(source, target, tree, stats)
    if (stats.isSymbolicLink()) return this.#copyLink(source, target, tree)
    await this.#copyFile(source, target, stats)
  }

  async #copyFile(source: string, target: string, stats: Stats): Promise<void> {
    if (!stats.isFile()) {
      this.#refuse(target, 'is a device, a socket or a pipe, which cannot be built from: remove it')
      return
    }
    const isCopied = await copyFile(source, target, constants.COPYFILE_FICLONE).then(
      () => true,
      (error: unknown) => this.#unreadable(target, error, false),
    )
    if (isCopied) await keepModeAndTime(target, stats)
  }

  async #copyLink(source: string, target: string, tree: Tree): Promise<void> {
    const text = await readlink(source)
    if (tree.isOverlay) return symlink(text, target)
    const end = await realpath(source).catch(() => undefined)
    if (end === undefined) {
      this.#refuse(
        target,
        `is a symbolic link to ${text}, which does not exist: remove the link, or put there what it names`,
      )
      return
    }
    const first = resolve(dirname(source), text)
    const next = join(await realpath(dirname(first)), basename(first))
    if (isWithin(next, tree.root)) return symlink(keptLink(source, text, next, tree.root), target)
    const stats = await stat(end)
    if (!stats.isDirectory()) return this.#copyFile(end, target, stats)
    if (tree.stack.some((folder) => isWithin(folder, end))) {
      this.#refuse(target, `is a symbolic link to ${text}, a folder that holds the link itself: remove it`)
      return
    }
    await this.copyDirectory(end, target, { root: end, stack: [...tree.stack, end], isOverlay: tree.isOverlay }, stats)
  }

  #unreadable<T>(target: string, error: unknown, instead: T): T {
    if (!(error instanceof Error && 'code' in error && error.code === 'EACCES')) throw error
    this.#refuse(target, 'cannot be read: give us the right to read it')
    return instead
  }

  /** Named by its place in the description, also where a link led out of it. */
  #refuse(target: string, text: string): void {
    const where = relative(this.#folders.into, target)
    this.problems.push({ where: where || '.', text, file: join(this.#folders.root, where) })
  }
}

async function keepModeAndTime(target: string, stats: Stats): Promise<void> {
  await chmod(target, stats.mode & 0o7777)
  await utimes(target, stats.atime, stats.mtime)
}

/** A link that would miss its target from another place is written anew, relative. */
function keptLink(source: string, text: string, next: string, root: string): string {
  const folder = dirname(source)
  const isDirect = !isAbsolute(text) && resolve(folder, text) === next && !leaves(relative(root, folder), text)
  return isDirect ? text : relative(folder, next) || '.'
}

/** Whether a relative link passes above the root on its way. */
function leaves(folder: string, text: string): boolean {
  let depth = folder === '' ? 0 : folder.split(sep).length
  return text.split('/').some((part) => {
    if (part === '..') depth -= 1
    else if (part !== '' && part !== '.') depth += 1
    return depth < 0
  })
}

/** Whether `path` is `folder` or stands below it. */
export function isWithin(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : `${folder}${sep}`)
}
