import { randomUUID } from 'node:crypto'

/**
 * What names of files and folders begin with that this process gives their own name when they are whole: by it, what it
 * leaves when it is killed can be told from what others write beside it.
 */
export const TEMPORARY_PREFIX = `.${randomUUID()}.`

/** A new name for such a file or folder. Not behind its final name, which may be as long as a name can be. */
export function temporaryName(): string {
  return `${TEMPORARY_PREFIX}${randomUUID().slice(0, 8)}.tmp`
}

/** Whether a name is such a one, of whichever process. */
export function isTemporaryName(name: string): boolean {
  return /^\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.[0-9a-f]{8}\.tmp$/.test(name)
}
