import { basename } from 'node:path'
import type { SelectedType } from '../description/select.ts'
import type { Problem } from '../errors.ts'

/** Where the `<type>` that is built stands, for a problem of it. */
export function typePlace({ file, line }: Pick<SelectedType, 'file' | 'line'>): Omit<Problem, 'text'> {
  return { where: `${basename(file)}:${line}`, file, line }
}
