import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What is wrong with a layout that an export left under its final name, or is not there. */
export async function exportProblems(layout: string, digest: string): Promise<readonly string[]> {
  const names = await readdir(layout).catch(() => undefined)
  if (names === undefined) return []
  const wrong = names
    .filter((name) => !['oci-layout', 'index.json', 'blobs'].includes(name))
    .map((name) => `out/${name}`)
  const index = await readFile(join(layout, 'index.json'), 'utf8').catch(() => '')
  if (!index.includes(digest)) wrong.push('out/index.json does not name the image')
  const blobs = join(layout, 'blobs/sha256')
  const files = await readdir(blobs).catch(() => [])
  if (files.length === 0) wrong.push('out/blobs is empty')
  for (const name of files) {
    const hex = createHash('sha256')
      .update(await readFile(join(blobs, name)))
      .digest('hex')
    if (hex !== name) wrong.push(`out/blobs/sha256/${name} holds something else`)
  }
  return wrong
}
