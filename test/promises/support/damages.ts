import { appendFile, open, readdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'

/** What can happen to a file on a disk, by its name. */
export const DAMAGES: Readonly<Record<string, (file: string) => Promise<void>>> = {
  'first byte flipped': (file) => flip(file, () => 0),
  'middle byte flipped': (file) => flip(file, (size) => size >> 1),
  'last byte flipped': (file) => flip(file, (size) => size - 1),
  cut: async (file) => await truncate(await own(file), (await stat(file)).size - 1),
  grown: async (file) => await appendFile(await own(file), 'x'),
}

/** Every regular file below a folder, as a path in it. */
export async function filesIn(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .toSorted()
}

async function flip(file: string, at: (size: number) => number): Promise<void> {
  await using handle = await open(await own(file), 'r+')
  const position = at((await handle.stat()).size)
  const byte = Buffer.alloc(1)
  await handle.read(byte, 0, 1, position)
  await handle.write(Buffer.of((byte[0] ?? 0) ^ 1), 0, 1, position)
}

/** The file alone is damaged, not what else is a link to it. */
async function own(file: string): Promise<string> {
  const copy = `${file}.copy`
  await writeFile(copy, await readFile(file))
  await rm(file)
  await rename(copy, file)
  return file
}
