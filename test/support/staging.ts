import { execFile } from 'node:child_process'
import { cp, lstat, mkdir, readdir, readFile, readlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

/** How a consumer's workflow names the action under act. */
export const ACTION = 'acme/kiwi-oci@v1'

const [REPOSITORY, REF] = ['acme/kiwi-oci', 'v1'] as const
/** A reference to the same repository as a line of YAML: before, path, after. */
const SELF_REFERENCE = /^(\s*(?:- +)?uses: +)\$\/([\w./-]+)(\s*(?:#.*)?)$/
/** Where GitHub looks for `uses`. */
const HAS_USES = /(^|\/)action\.ya?ml$|^\.github\/workflows\/[^/]+\.ya?ml$/

export interface StagedAction {
  /** The copy that act runs. */
  readonly folder: string
  /** Each line that differs from the repository, as `file:line`. */
  readonly rewritten: readonly string[]
}

/**
 * Copies the tracked files of a repository, as they stand in its work tree, and writes `$/x`, which act does not
 * know, as `acme/kiwi-oci/x@v1`. Then looks at both trees: those lines have to be the only difference.
 *
 * @throws Error when a tracked file is missing, or when anything else differs
 */
export async function stageAction(repository: string, folder: string): Promise<StagedAction> {
  const files = await trackedFiles(repository)
  for (const file of files) {
    const target = join(folder, file)
    await mkdir(dirname(target), { recursive: true })
    await cp(join(repository, file), target, { verbatimSymlinks: true })
    if (!HAS_USES.test(file)) continue
    const text = await readFile(target, 'utf8')
    const lines = text.split('\n').map((line) => line.replace(SELF_REFERENCE, `$1${REPOSITORY}/$2@${REF}$3`))
    await writeFile(target, lines.join('\n'))
  }
  return { folder, rewritten: await selfReferencesOnly(repository, folder, files) }
}

/** @returns paths of the files that git knows, relative to the repository */
export async function trackedFiles(repository: string): Promise<readonly string[]> {
  const { stdout } = await promisify(execFile)('git', ['-C', repository, 'ls-files', '-z'], { maxBuffer: 1 << 26 })
  return stdout.split('\0').filter((path) => path !== '')
}

/** @throws Error naming the first difference between the trees that is no self reference */
async function selfReferencesOnly(
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
      const path = /^\s*(?:- +)?uses: +\$\/(\S+)/.exec(line)?.[1]
      if (path === undefined || after[index] !== line.replace(`$/${path}`, `${REPOSITORY}/${path}@${REF}`)) {
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
