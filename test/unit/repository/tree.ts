import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'
import { repositoryRoot } from '../../support/tools.ts'

/** A file that git knows. */
export interface TrackedFile {
  /** Relative to the repository. */
  readonly path: string
  /** git's mode: 100644, 100755, or 120000 for a symbolic link. */
  readonly mode: string
}

/** Files that git knows or would know once they are added, so that a new file is held to the rules at once. */
export function trackedFiles(): readonly TrackedFile[] {
  const git = (...args: string[]) =>
    execFileSync('git', ['-C', repositoryRoot, 'ls-files', '-z', ...args], { encoding: 'utf8', maxBuffer: 1 << 26 })
      .split('\0')
      .filter((line) => line !== '')
  const deleted = new Set(git('--deleted'))
  const known = git('--stage').map((line) => {
    const [about = '', path = ''] = line.split('\t')
    return { path, mode: about.slice(0, 6) }
  })
  const fresh = git('--others', '--exclude-standard').map((path) => ({ path, mode: '100644' }))
  return [...known, ...fresh].filter((file) => !deleted.has(file.path))
}

/** @returns text of a file of the repository */
export function textOf(path: string): string {
  return readFileSync(join(repositoryRoot, path), 'utf8')
}

/** @returns paths below a folder that match, sorted */
export function filesLike(pattern: RegExp): readonly string[] {
  return trackedFiles()
    .map((file) => file.path)
    .filter((path) => pattern.test(path))
    .sort()
}

/** What we read of an action.yml. */
export interface ActionManifest {
  readonly inputs?: Readonly<Record<string, { readonly default?: unknown; readonly description?: string } | null>>
  readonly outputs?: Readonly<Record<string, { readonly value?: string; readonly description?: string } | null>>
  readonly runs: {
    readonly using: string
    readonly main?: string
    readonly post?: string
    readonly steps?: readonly ActionStep[]
  }
}

export interface ActionStep {
  readonly id?: string
  readonly uses?: string
  readonly run?: string
  readonly with?: Readonly<Record<string, string>>
}

/** @returns each action.yml of ours, by its path */
export function actionManifests(): ReadonlyMap<string, ActionManifest> {
  const paths = filesLike(/^(setup\/|merge\/|\.github\/actions\/[^/]+\/)?action\.yml$/)
  return new Map(paths.map((path) => [path, parse(textOf(path)) as ActionManifest]))
}
