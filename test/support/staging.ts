import { execFile } from 'node:child_process'
import { cp, lstat, mkdir, readdir, readFile, readlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

/** How a consumer's workflow names the action under act. */
export const ACTION = 'acme/kiwi-oci@v1'

const [REPOSITORY, REF] = ['acme/kiwi-oci', 'v1'] as const
/** A reference to the same repository as a line of YAML: before, path, after. `$/` alone is its root action. */
const SELF_REFERENCE = /^(\s*(?:- +)?uses: +)\$\/([\w./-]*)(\s*(?:#.*)?)$/
/** An output that one job of a matrix sets and the others leave empty: before, the job's number, after. */
const MATRIX_OUTPUT = /^(\s+[\w-]+: \$\{\{ matrix\.slot == (\d+) && .* \|\| )''( \}\})$/
/** The jobs of a matrix share labels and outputs, which act does not guard: there they run one after another. */
const PARALLEL = /^(\s+)fail-fast: false$/
/** Where GitHub looks for `uses`. */
const HAS_USES = /(^|\/)action\.ya?ml$|^\.github\/workflows\/[^/]+\.ya?ml$/

export interface StagedAction {
  /** The copy that act runs. */
  readonly folder: string
  /** Each line that differs from the repository, as `file:line`. */
  readonly rewritten: readonly string[]
  /** Variables that the jobs need under act. */
  readonly env: Readonly<Record<string, string>>
}

/**
 * Copies the tracked files of a repository, as they stand in its work tree, and writes `$/x`, which act does not
 * know, as `acme/kiwi-oci/x@v1`. The first job of a matrix that ends decides all outputs under act, where GitHub puts
 * those that are not empty together (nektos/act#981): an empty one becomes its own expression again, by a variable.
 * Then looks at both trees: those lines have to be the only difference.
 *
 * @throws Error when a tracked file is missing, or when anything else differs
 */
export async function stageAction(repository: string, folder: string): Promise<StagedAction> {
  const files = await trackedFiles(repository)
  const env: Record<string, string> = {}
  for (const file of files) {
    const target = join(folder, file)
    await mkdir(dirname(target), { recursive: true })
    await cp(join(repository, file), target, { verbatimSymlinks: true })
    if (!HAS_USES.test(file)) continue
    const text = await readFile(target, 'utf8')
    const lines = text.split('\n').map(lineForAct)
    for (const line of lines) Object.assign(env, variableOf(line))
    await writeFile(target, lines.join('\n'))
  }
  return { folder, rewritten: await knownDifferences(repository, folder, files), env }
}

function lineForAct(line: string): string {
  return line
    .replace(SELF_REFERENCE, (_, before, path, after) => {
      return `${before}${REPOSITORY}${path === '' ? '' : `/${path}`}@${REF}${after}`
    })
    .replace(MATRIX_OUTPUT, '$1env.ACT_OUTPUT_$2$3')
    .replace(PARALLEL, '$1max-parallel: 1')
}

/** What makes the empty output of a job what it was before the job: the expression itself. */
function variableOf(line: string): Readonly<Record<string, string>> {
  const [, expression = '', name] = /^\s+[\w-]+: (.* env\.(ACT_OUTPUT_\d+) \}\})$/.exec(line) ?? []
  return name === undefined ? {} : { [name]: expression }
}

/** @returns paths of the files that git knows, relative to the repository */
export async function trackedFiles(repository: string): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)('git', ['-C', repository, 'ls-files', '-z'], { maxBuffer: 1 << 26 })
  return stdout.split('\0').filter((path) => path !== '')
}

/** @throws Error naming the first difference between the trees that is no self reference */
async function knownDifferences(
  repository: string,
  folder: string,
  files: readonly string[],
): Promise<readonly string[]> {
  const staged = await filesBelow(folder)
  const strange = staged.filter((file) => !files.includes(file))
  if (strange.length > 0) throw new Error(`the staged action has files of its own: ${strange.join(', ')}`)
  const rewritten: string[] = []
  for (const file of files) {
    const [ours, theirs] = [await content(join(repository, file)), await content(join(folder, file))]
    if (ours === theirs) continue
    const [before, after] = [ours.split('\n'), theirs.split('\n')]
    if (before.length !== after.length) throw new Error(`${file}: the staged copy has other lines`)
    for (const [index, line] of before.entries()) {
      if (line === after[index]) continue
      const isKnown = [SELF_REFERENCE, MATRIX_OUTPUT, PARALLEL].some((form) => form.test(line))
      if (!isKnown || after[index] !== lineForAct(line)) {
        throw new Error(`${file}:${index + 1}: the staged copy differs in more than $/: ${after[index]}`)
      }
      rewritten.push(`${file}:${index + 1}`)
    }
  }
  return rewritten
}

/** Bytes, executable bit and kind of a file, as text that can be compared and split into lines. */
async function content(path: string): Promise<string> {
  const stat = await lstat(path)
  if (stat.isSymbolicLink()) return `link to ${await readlink(path)}`
  const mark = (stat.mode & 0o111) === 0 ? 'file' : 'program'
  return `${await readFile(path, 'latin1')}\n${mark}`
}

async function filesBelow(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => !entry.isDirectory())
  return files.map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
}
