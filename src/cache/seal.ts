import { lstat, readdir, readFile, readlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Digest, digestOf } from '../oci/digest.ts'

/** Stands in the folder that it seals. */
const SEAL = '.kiwi-oci-seal.json'
const READ_AT_ONCE = 16
const SHOWN = 3

interface Seal {
  /** What the folder was made of. */
  readonly lock: string
  /** Each file by its digest, each link by where it leads. */
  readonly content: Readonly<Record<string, string>>
}

/**
 * Writes down what a folder holds, every byte of it, so that a later job runs it only as it was made.
 *
 * @param lock what it was made of
 */
export async function sealFolder(folder: string, lock: Digest): Promise<void> {
  const seal: Seal = { lock, content: await contentOf(folder) }
  await writeFile(join(folder, SEAL), JSON.stringify(seal))
}

/**
 * Why a folder is not what was sealed, as the end of a sentence about it; undefined when it is, to the last byte.
 *
 * @param lock what it has to be made of
 */
export async function sealProblem(folder: string, lock: Digest): Promise<string | undefined> {
  const seal = await sealOf(folder)
  if (seal === undefined) return 'has no list of its files'
  if (seal.lock !== lock) return 'was made of other parts'
  const found = await contentOf(folder)
  const paths = [...new Set([...Object.keys(seal.content), ...Object.keys(found)])]
  const wrong = paths.filter((path) => found[path] !== seal.content[path]).toSorted()
  if (wrong.length === 0) return undefined
  const more = wrong.length > SHOWN ? ` and ${wrong.length - SHOWN} more` : ''
  return `is damaged (${wrong.slice(0, SHOWN).join(', ')}${more})`
}

async function sealOf(folder: string): Promise<Seal | undefined> {
  try {
    const { lock, content } = JSON.parse(await readFile(join(folder, SEAL), 'utf8'))
    if (typeof lock === 'string' && typeof content === 'object' && content !== null) return { lock, content }
  } catch {}
  return undefined
}

async function contentOf(folder: string): Promise<Readonly<Record<string, string>>> {
  const paths = (await pathsIn(folder, '')).filter((path) => path !== SEAL)
  const content = new Map<string, string>()
  const waiting = paths[Symbol.iterator]()
  const read = async () => {
    for (const path of waiting) content.set(path, await stateOf(join(folder, path)))
  }
  await Promise.all(Array.from({ length: READ_AT_ONCE }, read))
  return Object.fromEntries(content)
}

/** Everything but folders; links are not followed. */
async function pathsIn(folder: string, below: string): Promise<readonly string[]> {
  const entries = await readdir(join(folder, below), { withFileTypes: true })
  const paths = entries.map(async (entry) => {
    const path = join(below, entry.name)
    return entry.isDirectory() ? await pathsIn(folder, path) : [path]
  })
  return (await Promise.all(paths)).flat()
}

async function stateOf(path: string): Promise<string> {
  const found = await lstat(path)
  if (found.isSymbolicLink()) return `link to ${await readlink(path)}`
  if (!found.isFile()) return 'no file'
  return `${digestOf(await readFile(path))}${(found.mode & 0o111) === 0 ? '' : ' to run'}`
}
