import { killMarked } from '../host/marked-programs.ts'
import { parseTemporaries, removeTemporaries } from '../job/temporaries.ts'
import { removeAbandoned } from '../job/workfolder.ts'
import type { Watched } from './guardian.ts'
import { surroundings } from './surroundings.ts'

/** What the guardian becomes when its process was killed: ends the programs and removes the folders that its one argument names. Nobody listens any more. */
const [, , told = ''] = process.argv
if (told !== '') {
  const { folders, mark } = JSON.parse(told) as Watched
  // They would go on for as long as they like, and write to where others write by then.
  await killMarked(mark)
  await removeAbandoned(folders, surroundings(process.env), { warning: () => {} })
  await removeTemporaries(parseTemporaries(told))
}
