import { createHash, randomUUID } from 'node:crypto'
import type { Dirent } from 'node:fs'
import { constants, lstat, open, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { digestHex, fileDigest } from '../oci/digest.ts'
import { makeFolder } from '../oci/store/folder.ts'
import { streamSource, type TarSource } from '../oci/tar/tarsource.ts'
import type { CacheEntry, EntryFile } from './cache.ts'

/**
 * The form of an entry: this and the length of what follows, on one line; the files as JSON (path, size, SHA-256); their
 * contents one after another.
 * Regular files below one folder are all that it can say: no link, device, owner, right, and no path that leads out of the
 * folder. (A tar unpacked with `-P`, as @actions/cache does, lets whoever may write the cache write anywhere on the runner.)
 */
export const ENTRY_FORM = 'kiwi-oci-files/1'

/** As the service has it for all entries of a repository. */
export const ENTRY_LIMIT_BYTES = 10 * 1024 ** 3
const LIST_LIMIT_BYTES = 4 * 1024 ** 2
const LENGTH_DIGITS = 8
const READ_BYTES = 1024 * 1024
const NAME_LIMIT_BYTES = 255
const DEPTH_LIMIT = 16

/** An entry to be sent: how long it is, and its bytes. */
export interface PackedEntry {
  readonly sizeBytes: number
  bytes(): AsyncGenerator<Buffer>
}

/** @returns undefined where the folder holds nothing that the entry takes. Errors of the file system are passed on. */
export async function packedEntry({ folder, accepts }: CacheEntry): Promise<PackedEntry | undefined> {
  const files: EntryFile[] = []
  for await (const path of regularFiles(folder, 0)) {
    const { digest, sizeBytes } = await fileDigest(path)
    const file = { path: relative(folder, path), sizeBytes, sha256: digestHex(digest) }
    if (placeProblem(file.path) === undefined && accepts(file)) files.push(file)
  }
  if (files.length === 0) return undefined
  const list = Buffer.from(JSON.stringify(files))
  if (list.length > LIST_LIMIT_BYTES) throw new Error(`it has ${files.length} files, more than an entry can list`)
  const head = Buffer.concat([Buffer.from(firstLine(list.length)), list])
  const sizeBytes = files.reduce((sum, file) => sum + file.sizeBytes, head.length)
  if (sizeBytes > ENTRY_LIMIT_BYTES) throw new Error(`it has ${sizeBytes} bytes, more than the cache takes`)
  return {
    sizeBytes,
    bytes: async function* () {
      yield head
      for (const file of files) yield* contentOf(join(folder, file.path), file)
    },
  }
}

function firstLine(listBytes: number | string): string {
  return `${ENTRY_FORM} ${String(listBytes).padStart(LENGTH_DIGITS, '0')}\n`
}

async function* contentOf(path: string, { sizeBytes, sha256 }: EntryFile): AsyncGenerator<Buffer> {
  await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW)
  const hash = createHash('sha256')
  for (let at = 0; at < sizeBytes; ) {
    const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, sizeBytes - at))
    const { bytesRead } = await file.read(buffer, 0, buffer.length, at)
    if (bytesRead === 0) throw new Error(`${path} was cut meanwhile`)
    const chunk = buffer.subarray(0, bytesRead)
    hash.update(chunk)
    yield chunk
    at += bytesRead
  }
  // An entry never changes: one that nobody could use would stay.
  if (hash.digest('hex') !== sha256) throw new Error(`${path} was changed meanwhile`)
}

/**
 * Writes the files of an entry into its folder: each whole and with the content that the list says, or not at all. One
 * file that is not accepted and nothing of the entry is taken.
 *
 * @throws Error with the reason; errors of the file system are passed on
 */
export async function unpackEntry(
  chunks: AsyncIterable<Uint8Array>,
  { folder, accepts }: Pick<CacheEntry, 'folder' | 'accepts'>,
): Promise<void> {
  const source = streamSource(chunks)
  const files = listedFiles(await headOf(source))
  for (const file of files) {
    const problem = placeProblem(file.path) ?? (accepts(file) ? undefined : 'is none of the files that belong there')
    if (problem !== undefined) throw new Error(`its file ${JSON.stringify(file.path.slice(0, 200))} ${problem}`)
  }
  if (new Set(files.map(({ path }) => path)).size < files.length) throw new Error('it has a file twice')
  if (files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) > ENTRY_LIMIT_BYTES) throw new Error('it is too large')
  for (const file of files) await writeFileOf(source, file, folder)
  if ((await source.read(1)).length > 0) throw new Error('it holds more than it lists')
}

async function headOf(source: TarSource): Promise<string> {
  const first = (await source.read(firstLine('').length)).toString('latin1')
  const length = first.slice(ENTRY_FORM.length + 1, -1)
  if (!/^\d+$/.test(length) || first !== firstLine(length)) throw new Error('it is no entry of ours')
  if (Number(length) > LIST_LIMIT_BYTES) throw new Error('its list of files is too long')
  const list = await source.read(Number(length))
  if (list.length < Number(length)) throw new Error('its list of files is cut')
  return list.toString('utf8')
}

function listedFiles(text: string): readonly EntryFile[] {
  const refused = new Error('its list of files is none')
  let files: unknown
  try {
    files = JSON.parse(text)
  } catch {
    throw refused
  }
  if (!Array.isArray(files)) throw refused
  return files.map((file: Partial<Record<keyof EntryFile, unknown>> | null) => {
    const { path, sizeBytes, sha256 } = file ?? {}
    if (typeof path !== 'string' || typeof sizeBytes !== 'number' || typeof sha256 !== 'string') throw refused
    if (!Number.isSafeInteger(sizeBytes) || sizeBytes < 0 || !/^[0-9a-f]{64}$/.test(sha256)) throw refused
    return { path, sizeBytes, sha256 }
  })
}

/** Why a path is none below a folder, as the end of a sentence. */
function placeProblem(path: string): string | undefined {
  const parts = path.split('/')
  if (parts.some((part) => part === '' || part === '.' || part === '..')) return 'lies outside of its folder'
  if (/[\p{Cc}\\\ufffd]/u.test(path)) return 'has no proper name'
  const isLong = parts.length > DEPTH_LIMIT || parts.some((part) => Buffer.byteLength(part) > NAME_LIMIT_BYTES)
  return isLong ? 'has too long a name' : undefined
}

async function writeFileOf(source: TarSource, { path, sizeBytes, sha256 }: EntryFile, folder: string): Promise<void> {
  const target = join(folder, path)
  await makeFolder(dirname(target))
  const temporary = join(dirname(target), `.${randomUUID()}.tmp`)
  try {
    const hash = createHash('sha256')
    await using file = await open(temporary, 'wx', 0o644)
    for (let left = sizeBytes; left > 0; ) {
      const chunk = await source.read(Math.min(READ_BYTES, left))
      if (chunk.length === 0) throw new Error('it is cut')
      hash.update(chunk)
      await file.writeFile(chunk)
      left -= chunk.length
    }
    if (hash.digest('hex') !== sha256) throw new Error(`its file ${path} is damaged`)
    await rename(temporary, target)
  } finally {
    await rm(temporary, { force: true })
  }
}

async function* regularFiles(folder: string, depth: number): AsyncGenerator<string> {
  for (const entry of await sortedEntries(folder)) {
    const path = join(folder, entry.name)
    if (entry.isDirectory() && depth < DEPTH_LIMIT) yield* regularFiles(path, depth + 1)
    else if (entry.isFile() && (await lstat(path)).size > 0) yield path
  }
}

async function sortedEntries(folder: string): Promise<readonly Dirent[]> {
  const entries = await readdir(folder, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  return entries.toSorted((one, other) => (one.name < other.name ? -1 : 1))
}
