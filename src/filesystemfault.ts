import type { CodeOf } from './errorcode.ts'

/** What of the file system is no bug of ours but the machine's state. */
export interface FilesystemFault {
  readonly code: CodeOf<'filesystem'>
  /** One line. */
  readonly message: string
}

const SPACE: FilesystemFault = {
  code: 'filesystem-space',
  message: 'no space is left: free some, or set work-dir to a folder on a larger file system',
}
const DENIED: FilesystemFault = {
  code: 'filesystem-denied',
  message: 'the right to it is missing: give it, or name another folder with work-dir',
}
const NO_FOLDER: FilesystemFault = {
  code: 'filesystem-folder',
  message: 'no folder can be made there: name another place',
}

const OPEN_FILES: FilesystemFault = {
  code: 'filesystem-open-files',
  message: 'too many files are open: raise the limit (ulimit -n)',
}

/** By what errno(3) calls it. */
const FAULTS: Readonly<Record<string, FilesystemFault>> = {
  ENOSPC: SPACE,
  EDQUOT: SPACE,
  EROFS: {
    code: 'filesystem-read-only',
    message: 'the file system is read-only: set work-dir to a folder that can be written',
  },
  EACCES: DENIED,
  EPERM: DENIED,
  ENAMETOOLONG: {
    code: 'filesystem-name',
    message: 'the name is too long for the file system: use a shorter one',
  },
  EMFILE: OPEN_FILES,
  ENFILE: OPEN_FILES,
  EIO: {
    code: 'filesystem-input-output',
    message: 'the disk or share below it fails: see what the kernel says of it (dmesg), and use another',
  },
}

/** Whether the system says by this name (errno(3)) that the disk is full or the quota used up. */
export function isSpaceCode(code: string): boolean {
  return FAULTS[code] === SPACE
}

/** @returns undefined where the error is none of a file, or one that we should have kept from coming up */
export function filesystemFault(error: Error): FilesystemFault | undefined {
  const { code = '', path, syscall } = error as NodeJS.ErrnoException
  const fault = syscall === 'mkdir' && code === 'ENOENT' ? NO_FOLDER : FAULTS[code]
  if (fault === undefined) return undefined
  // Node tells no path of a file that is open already; of what is no file it may be a right that lacks.
  if (path === undefined) return fault === DENIED ? undefined : fault
  return { code: fault.code, message: `${path}: ${fault.message}` }
}
