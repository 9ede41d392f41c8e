import { createHash } from 'node:crypto'
import { readdir, readFile, readlink } from 'node:fs/promises'
import { basename, join, relative } from 'node:path'

/** What a folder holds, by path: the SHA-256 of a file, the end of a link, or that it is a folder. */
export type FolderContent = ReadonlyMap<string, string>

export async function contentOf(folder: string): Promise<FolderContent> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const found = await Promise.all(
    entries.map(async (entry): Promise<readonly [string, string]> => {
      const path = join(entry.parentPath, entry.name)
      const name = relative(folder, path)
      if (entry.isDirectory()) return [name, 'a folder']
      if (entry.isSymbolicLink()) return [name, `-> ${await readlink(path)}`]
      return [name, sha256(await readFile(path))]
    }),
  )
  return new Map(found.toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

/** @returns one sentence for each difference */
export function differences(before: FolderContent, after: FolderContent): readonly string[] {
  const gone = [...before.keys()].filter((path) => !after.has(path))
  const added = [...after.keys()].filter((path) => !before.has(path))
  const changed = [...before].filter(([path, content]) => after.has(path) && after.get(path) !== content)
  return [
    ...gone.map((path) => `${path} is gone`),
    ...added.map((path) => `${path} came to be`),
    ...changed.map(([path]) => `${path} is another`),
  ]
}

/** @returns one sentence for each file named after a digest that holds something else, and for each half of a file */
export function brokenNames(content: FolderContent): readonly string[] {
  const broken = [...content].filter(([path, sum]) => /^[0-9a-f]{64}$/.test(basename(path)) && sum !== basename(path))
  const halves = [...content.keys()].filter((path) => /\.tmp$|\.partial|(^|\/)\.[^/]+$/.test(path))
  return [
    ...broken.map(([path]) => `${path} does not hold what its name says`),
    ...halves.map((path) => `${path} was left`),
  ]
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex')
}
