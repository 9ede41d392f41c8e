import { parseBase } from '../registry/base/basename.ts'
import type { Plan } from './plan.ts'

/** Files of the user that a job of the plan reads: nothing that it writes may take their place. */
export function readFiles({ source, base }: Plan): readonly string[] {
  const name = parseBase(base)
  const own = source.kind === 'disk' ? source.path : source.file
  return typeof name === 'object' && 'path' in name ? [own, name.path] : [own]
}
