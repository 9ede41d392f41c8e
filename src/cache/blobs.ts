import { randomUUID } from 'node:crypto'
import { copyFile, link, lstat, readdir, rename, rm, utimes } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Digest, digestHex, fileDigest } from '../oci/digest.ts'
import { makeFolder } from '../oci/store/folder.ts'
import type { Report } from '../report.ts'

const DAY_MILLISECONDS = 24 * 60 * 60 * 1000

/**
 * Blobs by digest in a folder that stays between jobs: `FOLDER/blobs/sha256/HEX`. Nothing in it is trusted: every file is
 * hashed before it is given out. No trouble with it is an error of the job.
 */
export class BlobStore {
  readonly folder: string
  readonly #now: Date
  readonly #report: Report

  /** @param nowMilliseconds when the job began: blobs that it uses are as new as that */
  constructor(folder: string, nowMilliseconds: number, report: Report) {
    this.folder = folder
    this.#now = new Date(nowMilliseconds)
    this.#report = report
  }

  /** A file with exactly these bytes; undefined when there is none. A damaged one is removed, with a warning. */
  async take(digest: Digest): Promise<string | undefined> {
    const path = this.#path(digest)
    try {
      const found = await lstat(path).catch(ifMissing(undefined))
      if (found === undefined) return undefined
      if (found.isFile() && (await fileDigest(path)).digest === digest) {
        await utimes(path, this.#now, this.#now).catch(() => {})
        return path
      }
      this.#report.warning(`the cached blob ${digest} is damaged: it is removed and fetched again`)
      await rm(path, { recursive: true, force: true })
    } catch (error) {
      this.#report.warning(`the cached blob ${digest} cannot be used: ${String(error)}`)
    }
    return undefined
  }

  /** Puts in a file whose digest was checked: at once under its name, by hard link where that can be. */
  async keep(digest: Digest, file: string): Promise<void> {
    const path = this.#path(digest)
    const temporary = `${path}.${randomUUID()}.tmp`
    try {
      await makeFolder(dirname(path))
      await link(file, temporary).catch(async () => await copyFile(file, temporary))
      await utimes(temporary, this.#now, this.#now)
      await rename(temporary, path)
    } catch (error) {
      this.#report.warning(`the blob ${digest} cannot be kept in the cache: ${String(error)}`)
    } finally {
      // Where both are links to one file, rename(2) does nothing and leaves the temporary name.
      await rm(temporary, { force: true }).catch(() => {})
    }
  }

  /** Removes what no job used for so many days, and what is no blob. */
  async prune(olderThanDays: number, nowMilliseconds: number): Promise<void> {
    const folder = dirname(this.#path(`sha256:${'0'.repeat(64)}`))
    const oldest = nowMilliseconds - olderThanDays * DAY_MILLISECONDS
    try {
      for (const name of await readdir(folder).catch(ifMissing<string[]>([]))) {
        const path = join(folder, name)
        const found = await lstat(path).catch(ifMissing(undefined))
        // A temporary file may be another job's: its age decides, like a blob's.
        if (found && found.mtimeMs < oldest) await rm(path, { recursive: true, force: true })
      }
    } catch (error) {
      this.#report.warning(`old blobs in the cache ${folder} cannot be removed: ${String(error)}`)
    }
  }

  #path(digest: Digest): string {
    return join(this.folder, 'blobs', 'sha256', digestHex(digest))
  }
}

function ifMissing<Value>(value: Value): (error: NodeJS.ErrnoException) => Value {
  return (error) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return value
    throw error
  }
}
