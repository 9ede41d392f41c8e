import { access, constants, readdir, realpath, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Tool } from './tool.ts'

/** Where system programs live; Debian leaves these out of an ordinary user's PATH. */
const SYSTEM_FOLDERS = ['/usr/local/sbin', '/usr/sbin', '/sbin']

/** The folders of a PATH, then those of system programs: where KIWI's programs are looked for and run from. */
export function searchFolders(path: string): readonly string[] {
  return [...new Set([...path.split(':').filter((folder) => folder.startsWith('/')), ...SYSTEM_FOLDERS])]
}

/** Which of the tools this machine lacks, in their order. Looks at files only and runs nothing. */
export async function missingTools(tools: readonly Tool[], folders: readonly string[]): Promise<readonly Tool[]> {
  const present = await Promise.all(tools.map((tool) => isPresent(tool, folders)))
  return tools.filter((_, index) => present[index] === false)
}

async function isPresent({ look }: Tool, folders: readonly string[]): Promise<boolean> {
  switch (look.kind) {
    case 'program':
      return (await findProgram(look.anyOf, folders)) !== undefined
    case 'file':
      return (await stat(look.path).catch(() => undefined))?.isFile() === true
    case 'python-venv': {
      const python = await findProgram(['python3'], folders)
      return python !== undefined && (await hasEnsurepip(python))
    }
  }
}

/** The path of the first of some programs that is in one of the folders and executable. */
export async function findProgram(names: readonly string[], folders: readonly string[]): Promise<string | undefined> {
  for (const name of names) {
    for (const folder of folders) {
      const path = join(folder, name)
      const isFile = (await stat(path).catch(() => undefined))?.isFile() === true
      if (
        isFile &&
        (await access(path, constants.X_OK).then(
          () => true,
          () => false,
        ))
      )
        return path
    }
  }
  return undefined
}

/**
 * Whether the library of a Python holds `ensurepip`. A python3 without a library beside it is a script of pyenv or the
 * like in front of the real one: such Pythons are complete.
 */
async function hasEnsurepip(python: string): Promise<boolean> {
  const real = await realpath(python)
  const version = /^python(3\.\d+)/.exec(basename(real))?.[1]
  const libraries: string[] = []
  for (const folder of ['lib', 'lib64']) {
    const library = join(dirname(dirname(real)), folder)
    const names = await readdir(library).catch(() => [])
    const wanted = names.filter((name) => (version ? name === `python${version}` : /^python3\.\d+$/.test(name)))
    libraries.push(...wanted.map((name) => join(library, name)))
  }
  if (libraries.length === 0) return true
  const modules = libraries.map((library) => join(library, 'ensurepip/__init__.py'))
  const found = await Promise.all(modules.map((module) => stat(module).catch(() => undefined)))
  return found.some((entry) => entry?.isFile())
}
