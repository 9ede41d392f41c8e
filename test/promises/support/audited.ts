import { execFile } from 'node:child_process'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { promisify } from 'node:util'

/** The calls that make, write or change files; strace(1) does not know each of them on every machine. */
const CALLS =
  '?open,openat,?creat,?mkdir,mkdirat,?mknod,mknodat,?rename,?renameat,renameat2,?unlink,unlinkat,?rmdir,?link,linkat,?symlink,symlinkat,?chmod,?fchmodat,fchownat,?chown,?lchown,utimensat,truncate,mount'
const WRITES = /O_WRONLY|O_RDWR|O_CREAT|O_TRUNC/
/** Nothing of a disk: devices that take everything, what a process says of itself, pipes. */
const UNREAL = /^(\/dev\/(null|zero|full|tty|ptmx|pts\/.*)|\/proc\/.*|(pipe|socket|anon_inode):.*)$/

/** What a program ended with, and the files that it and all that it started made, wrote, changed or removed. */
export interface Audited {
  readonly exitCode: number
  readonly output: string
  readonly files: readonly string[]
}

/** Runs a program under strace(1), which sees every call of every process and thread. */
export async function audited(
  command: readonly [string, ...string[]],
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Promise<Audited> {
  const folder = await mkdtemp(join(tmpdir(), 'audited-'))
  try {
    const args = [
      '-ff',
      '--seccomp-bpf',
      '-qq',
      '-y',
      '-z',
      '-s',
      '4096',
      '-e',
      `trace=${CALLS}`,
      '-o',
      join(folder, 'of'),
    ]
    const run = promisify(execFile)('strace', [...args, ...command], { ...options, maxBuffer: 1 << 26 })
    const { exitCode, output } = await run.then(
      ({ stdout, stderr }) => ({ exitCode: 0, output: stdout + stderr }),
      (error: { code?: number; stdout?: string; stderr?: string }) => {
        if (typeof error.code !== 'number') throw error
        return { exitCode: error.code, output: `${error.stdout}${error.stderr}` }
      },
    )
    const texts = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')))
    const files = new Set(texts.flatMap((text) => text.split('\n').flatMap((line) => changed(line, options.cwd))))
    return { exitCode, output, files: [...files].filter((file) => !UNREAL.test(file)).toSorted() }
  } finally {
    await rm(folder, { recursive: true })
  }
}

/** The files of one call: `openat(AT_FDCWD</cwd>, "name", O_WRONLY) = 3</path>`. */
function changed(line: string, cwd: string): readonly string[] {
  const [, call = '', given = '', got] = /^(\w+)\((.*)\) += \d+(?:<(.*)>)?$/.exec(line) ?? []
  if (/^(open|openat|creat)$/.test(call))
    return got !== undefined && (call === 'creat' || WRITES.test(given)) ? [plain(got)] : []
  const paths = [...given.matchAll(/(?:AT_FDCWD<([^>]*)>, |\d+<([^>]*)>, )?"((?:[^"\\]|\\.)*)"/g)]
  // The text of a symbolic link is no file.
  const named = call.startsWith('symlink') ? paths.slice(1) : paths
  return named.map(([, current, opened, name = '']) => resolve(current ?? opened ?? cwd, name))
}

function plain(path: string): string {
  return path.replace(/ \(deleted\)$/, '').replace(/(\(deleted\))$/, '')
}
