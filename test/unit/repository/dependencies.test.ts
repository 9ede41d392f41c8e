import { isBuiltin } from 'node:module'
import { describe, expect, it } from 'vitest'
import { cyclesOf, importsOf, partOf, type SourceFile, sourceFiles, withoutComments } from './source.ts'
import { filesLike, textOf } from './tree.ts'

const SOURCES = sourceFiles()

/** Folders that know one thing each and nothing of one another. */
const DOMAINS = ['description', 'host', 'kiwi', 'disk', 'registry']
const SHARED = ['oci', 'compress', 'command.ts', 'errorcode.ts', 'errors.ts', 'json.ts', 'report.ts', 'spelling.ts']

/** What a part of src/ may import of src/; the files of src/ itself may import all but the steps. */
function allowed(part: string): (imported: string) => boolean {
  if (part === 'steps') return () => true
  if (['errorcode.ts', 'json.ts', 'plainline.ts', 'report.ts', 'spelling.ts'].includes(part)) return () => false
  if (part === 'filesystemfault.ts') return (imported) => imported === 'errorcode.ts'
  if (part === 'errors.ts')
    return (imported) => ['errorcode.ts', 'filesystemfault.ts', 'plainline.ts'].includes(imported)
  if (part === 'command.ts') return (imported) => ['errors.ts', 'idleness.ts'].includes(imported)
  if (part === 'compress') return (imported) => imported === 'compress'
  if (part === 'oci') return (imported) => ['oci', 'compress', 'errors.ts', 'json.ts'].includes(imported)
  if (DOMAINS.includes(part)) return (imported) => imported === part || SHARED.includes(imported)
  return (imported) => imported !== 'steps'
}

/** @returns `file: what it says` for each file outside of `where` whose code matches */
function uses(pattern: RegExp, where: (file: SourceFile) => boolean): readonly string[] {
  return SOURCES.filter((file) => !where(file)).flatMap((file) =>
    [...file.code.matchAll(new RegExp(pattern, 'g'))].map((match) => `${file.path}: ${match[0]}`),
  )
}

const inSteps = (file: SourceFile) => partOf(file.path) === 'steps'
const inStepsOrRunner = (file: SourceFile) => inSteps(file) || file.path === 'src/runner.ts'

describe('the dependency rule', () => {
  it('finds something to hold', () => {
    expect(SOURCES.length).toBeGreaterThan(10)
    expect(SOURCES.flatMap((file) => file.imports).length).toBeGreaterThan(SOURCES.length)
  })

  it('lets a part of src import only what stands below it', () => {
    const wrong = SOURCES.flatMap((file) =>
      file.imports
        .filter((name) => name.startsWith('src/') && !allowed(partOf(file.path))(partOf(name)))
        .map((name) => `${file.path} imports ${name}`),
    )
    expect(wrong).toEqual([])
  })

  it('imports only files that are there, by their full name', () => {
    const known = new Set(filesLike(/^src\/.*\.(ts|json)$/))
    const missing = SOURCES.flatMap((file) =>
      file.imports
        .filter((name) => name.startsWith('src/') && !known.has(name))
        .map((name) => `${file.path} imports ${name}`),
    )
    expect(missing).toEqual([])
  })

  it('has no cycles', () => {
    expect(cyclesOf(new Map(SOURCES.map((file) => [file.path, file.imports])))).toEqual([])
  })

  it('imports no package that package.json does not name, and nothing but Node in oci', () => {
    const { dependencies } = JSON.parse(textOf('package.json')) as { dependencies: Record<string, string> }
    const outside = SOURCES.flatMap((file) =>
      file.imports
        .filter((name) => !name.startsWith('src/') && !isBuiltin(name))
        // Its own version stands nowhere else.
        .filter((name) => !(file.path === 'src/steps/cli.ts' && name === 'package.json'))
        .filter(
          (name) => !(packageOf(name) in dependencies) || ['oci', 'compress', 'command.ts'].includes(partOf(file.path)),
        )
        .map((name) => `${file.path} imports ${name}`),
    )
    expect(outside).toEqual([])
  })

  it("writes Node's own modules with node:", () => {
    const bare = SOURCES.flatMap((file) => file.imports.filter((name) => isBuiltin(name) && !name.startsWith('node:')))
    expect(bare).toEqual([])
  })

  it("speaks GitHub's packages only in the steps and the runner", () => {
    const wrong = SOURCES.filter((file) => !inStepsOrRunner(file)).flatMap((file) =>
      file.imports.filter((name) => name.startsWith('@actions/')).map((name) => `${file.path} imports ${name}`),
    )
    expect(wrong).toEqual([])
  })

  it('reads the environment only in the steps, the runner, and where programs are started without its secrets', () => {
    const allowed = (file: SourceFile) => inStepsOrRunner(file) || file.path === 'src/command.ts'
    expect(uses(/\bprocess\.env\b|\benv\b[^;\n]*from 'node:process'/, allowed)).toEqual([])
  })

  it('reads the clock only in the steps', () => {
    expect(uses(/\bDate\.now\b|\bnew Date\(\)|\bperformance\.now\b|\bprocess\.hrtime\b/, inSteps)).toEqual([])
  })

  it('starts programs only in command.ts', () => {
    const wrong = SOURCES.filter((file) => file.path !== 'src/command.ts')
      .filter((file) => file.imports.some((name) => /^(node:)?child_process$/.test(name)))
      .map((file) => file.path)
    expect(wrong).toEqual([])
  })

  it('ends the process only in the supervisor, which listens until it ends, and after an error that was lost: elsewhere a mistake holds it open', () => {
    expect(
      uses(/\bprocess\.exit\(/, (file) => ['src/steps/supervisor.ts', 'src/steps/step.ts'].includes(file.path)),
    ).toEqual([])
  })

  it('keeps files short enough to read', () => {
    const long = filesLike(/^(src|scripts|test)\/.*\.ts$/)
      .map((path) => ({ path, lines: textOf(path).trimEnd().split('\n').length }))
      .filter(({ lines }) => lines > 250)
    expect(long).toEqual([])
  })
})

describe('reading of imports', () => {
  it('knows every form of them', () => {
    const code = [
      "import { a } from './a.ts'",
      "import type { B } from '../b.ts'",
      'import {\n  c,\n  d,\n} from "node:fs"',
      "export { e } from './e.ts'",
      "import './f.ts'",
      "const g = await import('./g.ts')",
      "export const text = 'from nowhere'",
    ].join('\n')
    expect(importsOf('src/oci/x.ts', code)).toEqual([
      ...['src/oci/a.ts', 'src/b.ts', 'node:fs', 'src/oci/e.ts', 'src/oci/f.ts', 'src/oci/g.ts'],
    ])
  })

  it('sees through comments and leaves addresses alone', () => {
    expect(withoutComments("/* process.env */ const a = 'https://x' // new Date()\n// Date.now\n").trim()).toBe(
      "const a = 'https://x'",
    )
  })

  it('finds a circle of three', () => {
    const circle = new Map([
      ['a', ['b']],
      ['b', ['c']],
      ['c', ['a']],
      ['d', ['a']],
    ])
    expect(cyclesOf(circle)).toEqual([['a', 'b', 'c', 'a']])
  })
})

function packageOf(name: string): string {
  return name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/')
}
