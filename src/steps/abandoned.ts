import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { removeAbandoned } from '../job/workfolder.ts'
import type { Watched } from './guardian.ts'
import { surroundings } from './surroundings.ts'

/** What the guardian becomes when its process was killed: removes what its one argument names. Nobody listens any more. */
const { folders, around, prefix } = JSON.parse(process.argv[2] ?? '') as Watched
await removeAbandoned(folders, surroundings(process.env), { warning: () => {} })
for (const folder of around) {
  const names = await readdir(folder).catch(() => [])
  for (const name of names.filter((each) => each.startsWith(prefix))) {
    await rm(join(folder, name), { recursive: true, force: true }).catch(() => {})
  }
}
