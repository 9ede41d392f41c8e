import { removeAbandoned } from '../job/workfolder.ts'
import { surroundings } from './surroundings.ts'

/** What the guardian becomes when its process was killed: removes the folders of its one argument, a list as JSON. */
const folders: unknown = JSON.parse(process.argv[2] ?? '[]')
const isText = (folder: unknown): folder is string => typeof folder === 'string'
if (Array.isArray(folders)) {
  // Nobody listens any more.
  await removeAbandoned(folders.filter(isText), surroundings(process.env), { warning: () => {} })
}
