import { randomUUID } from 'node:crypto'
import type { Dirent } from 'node:fs'
import { constants, copyFile, lstat, readdir, rename, rm, utimes } from 'node:fs/promises'
import { basename, dirname, join, relative } from 'node:path'
import { fileDigest } from '../oci/digest.ts'
import { makeFolder } from '../oci/store/folder.ts'
import type { Report } from '../report.ts'
import type { EntryFile } from './cache.ts'

/**
 * Package files in KIWI's `--shared-cache-dir`: `apt-get/archives/*.deb` (kiwi/repository/apt.py: Dir::Cache is
 * `apt-get/`), `dnf/cache/REPO/packages/*.rpm` (dnf4.py, dnf5.py), `packages/REPO/ARCH/*.rpm` (zypper.py; `packages.moved`
 * while KIWI has no repository). Everything else there (lists, solver files, locks) belongs to one build.
 */
const PACKAGE = /\.(?:deb|rpm)$/
/** Halves of them among it, of jobs that were killed. */
const PRUNED = /\.(?:deb|rpm)(?:\.[0-9a-f-]{36}\.tmp)?$/
const DEPTH_LIMIT = 12
/** Of one package in an entry of the cache. */
const PACKAGE_LIMIT_BYTES = 2 * 1024 ** 3
const DAY_MILLISECONDS = 24 * 60 * 60 * 1000

/** Holds what apt was still downloading when it ended. */
const PARTIAL = 'partial'

/** Whether a file may travel through a cache as a package. What it holds is for the package manager to check. */
export function isPackage({ path, sizeBytes }: EntryFile): boolean {
  return PACKAGE.test(path) && sizeBytes <= PACKAGE_LIMIT_BYTES
}

/**
 * Keeps the packages that a build downloaded: from the job's own shared cache, which root owns and all may read, into a
 * folder of ours. Trouble is a warning.
 *
 * @param nowMilliseconds becomes the age of all that the build used
 * @returns how many were new
 */
export async function keepPackages(
  fromSharedCache: string,
  toFolder: string,
  nowMilliseconds: number,
  report: Report,
): Promise<number> {
  const now = new Date(nowMilliseconds)
  return await copyPackages(fromSharedCache, toFolder, report, { touch: (path) => utimes(path, now, now) })
}

/** Removes kept packages that no build used for so many days. */
export async function prunePackages(
  folder: string,
  olderThanDays: number,
  nowMilliseconds: number,
  report: Report,
): Promise<void> {
  const oldest = nowMilliseconds - olderThanDays * DAY_MILLISECONDS
  try {
    for await (const path of packageFiles(folder, 0, PRUNED)) {
      if ((await lstat(path)).mtimeMs < oldest) await rm(path, { force: true })
    }
  } catch (error) {
    report.warning(`old packages in ${folder} cannot be removed: ${String(error)}`)
  }
}

/**
 * Offers kept packages to a build so that its package manager checks them. dnf and zypper hash what they find; apt takes
 * what lies in `archives` by its size alone, unchecked (measured with 2.6.1, apt-pkg/acquire-item.cc), but what lies in
 * `archives/partial` only after the hash of the signed index was held against it, and fetches it again otherwise.
 *
 * @returns how many there are for it
 */
export async function offerPackages(fromFolder: string, toSharedCache: string, report: Report): Promise<number> {
  return await copyPackages(fromFolder, toSharedCache, report, {
    placed: (path) => (path.endsWith('.deb') ? join(dirname(path), PARTIAL, basename(path)) : path),
  })
}

async function copyPackages(
  from: string,
  to: string,
  report: Report,
  how: { readonly placed?: (path: string) => string; readonly touch?: (path: string) => Promise<void> },
): Promise<number> {
  let count = 0
  try {
    for await (const path of packageFiles(from, 0)) {
      const inFolder = relative(from, path)
      const target = join(to, how.placed?.(inFolder) ?? inFolder)
      if (await copyPackage(path, target)) count++
      await how.touch?.(target)
    }
  } catch (error) {
    report.warning(`packages cannot be copied from ${from} to ${to}: ${String(error)}`)
  }
  return count
}

/** Regular files with content; links are not followed, in folders neither. */
async function* packageFiles(folder: string, depth: number, names = PACKAGE): AsyncGenerator<string> {
  for (const entry of await entries(folder)) {
    const path = join(folder, entry.name)
    if (entry.isDirectory() && entry.name !== PARTIAL && depth < DEPTH_LIMIT)
      yield* packageFiles(path, depth + 1, names)
    else if (entry.isFile() && names.test(entry.name) && (await lstat(path)).size > 0) yield path
  }
}

async function entries(folder: string): Promise<readonly Dirent[]> {
  return await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    // Some folders of package managers are open to root alone.
    if (error.code === 'ENOENT' || error.code === 'EACCES') return []
    throw error
  })
}

async function copyPackage(from: string, to: string): Promise<boolean> {
  const there = await lstat(to).catch(() => undefined)
  if (there?.isFile() && (await fileDigest(to)).digest === (await fileDigest(from)).digest) return false
  await makeFolder(dirname(to))
  const temporary = `${to}.${randomUUID()}.tmp`
  try {
    await copyFile(from, temporary, constants.COPYFILE_FICLONE)
    await rename(temporary, to)
    return true
  } finally {
    await rm(temporary, { force: true })
  }
}
