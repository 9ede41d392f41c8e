import { parseTemporaries, removeTemporaries } from '../job/temporaries.ts'
import { removeAbandoned } from '../job/workfolder.ts'
import type { Watched } from './guardian.ts'
import { surroundings } from './surroundings.ts'

/** What the guardian becomes when its process was killed: removes what its one argument names. Nobody listens any more. */
const [, , told = ''] = process.argv
const { folders } = JSON.parse(told) as Watched
await removeAbandoned(folders, surroundings(process.env), { warning: () => {} })
await removeTemporaries(parseTemporaries(told))
