import { dirname, join } from 'node:path'
import { filesLike, textOf } from './tree.ts'

/** A file of src/ as the dependency rule sees it. */
export interface SourceFile {
  /** Relative to the repository: `src/oci/digest.ts`. */
  readonly path: string
  /** Text without comments. */
  readonly code: string
  /** What it imports: paths like `path` for files of ours, else the name as it is written. */
  readonly imports: readonly string[]
}

const STATEMENT = /^(?:import|export)\b(?:[^'";]*?\bfrom)?\s*['"]([^'"]+)['"]/gm
const DYNAMIC = /\bimport\(\s*['"]([^'"]+)['"]/g

/** @returns the imports of a module's text, types among them, in order */
export function importsOf(path: string, code: string): readonly string[] {
  const names = [...code.matchAll(STATEMENT), ...code.matchAll(DYNAMIC)].map((match) => match[1] ?? '')
  return names.map((name) => (name.startsWith('.') ? join(dirname(path), name) : name))
}

/** @returns the text without its comments, as far as a rule about words needs it */
export function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '$1')
}

/** @returns all of src/ */
export function sourceFiles(): readonly SourceFile[] {
  return filesLike(/^src\/.*\.ts$/).map((path) => {
    const code = withoutComments(textOf(path))
    return { path, code, imports: importsOf(path, code) }
  })
}

/** @returns the folder of src/ that a file is in: `oci`; for a file of src/ itself its name: `wrap.ts` */
export function partOf(path: string): string {
  return path.split('/')[1] ?? ''
}

/** @returns each circle of imports as the files on it, the first one repeated at the end */
export function cyclesOf(imports: ReadonlyMap<string, readonly string[]>): readonly (readonly string[])[] {
  const cycles: (readonly string[])[] = []
  const finished = new Set<string>()
  const visit = (path: string, way: readonly string[]): void => {
    const start = way.indexOf(path)
    if (start >= 0) {
      cycles.push([...way.slice(start), path])
      return
    }
    if (finished.has(path)) return
    for (const next of imports.get(path) ?? []) visit(next, [...way, path])
    finished.add(path)
  }
  for (const path of imports.keys()) visit(path, [])
  return cycles
}
