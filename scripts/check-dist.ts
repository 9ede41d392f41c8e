import { mkdir, mkdtemp, readdir, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { repositoryRoot } from '../test/support/tools.ts'
import { build } from './build.ts'
import { capture } from './run.ts'

/** What Node prints when a file cannot be loaded; an input error of ours never looks like it. */
const BROKEN = /\b(SyntaxError|ReferenceError|TypeError|ERR_[A-Z_]+|Cannot find (module|package)|Dynamic require of)\b/
const OUR_BUG = 'a bug in kiwi-oci'

/** @returns what differs between two folders of files, one sentence each */
export async function folderDifferences(committed: string, rebuilt: string): Promise<readonly string[]> {
  const [old, fresh] = await Promise.all([readdir(committed).catch((): string[] => []), readdir(rebuilt)])
  const differences = old.filter((name) => !fresh.includes(name)).map((name) => `dist/${name} belongs to no entry`)
  for (const name of fresh.sort()) {
    if (!old.includes(name)) {
      differences.push(`dist/${name} is missing`)
      continue
    }
    const [left, right] = [join(committed, name), join(rebuilt, name)]
    if (!(await readFile(left)).equals(await readFile(right))) differences.push(`dist/${name} is not what src/ builds`)
    if (((await stat(left)).mode & 0o111) !== ((await stat(right)).mode & 0o111)) {
      differences.push(`dist/${name} is executable in only one of the two`)
    }
  }
  return differences
}

/**
 * Starts each file as a user's runner does, with nothing in the environment, so that none can do more than refuse.
 *
 * @returns what is wrong, one sentence each
 */
async function startFailures(folder: string, scratch: string): Promise<readonly string[]> {
  const env = { PATH: join(scratch, 'nothing'), HOME: scratch, TMPDIR: scratch }
  const start = (name: string, ...args: string[]) =>
    capture(process.execPath, [join(folder, name), ...args], { cwd: scratch, env, timeoutSeconds: 20 })
  const failures: string[] = []
  const { version } = JSON.parse(await readFile(join(repositoryRoot, 'package.json'), 'utf8')) as { version: string }

  const shown = start('cli.js', '--version')
  if (shown.exitCode !== 0 || !shown.stdout.includes(version)) {
    failures.push(`dist/cli.js --version does not print ${version}: ${said(shown)}`)
  }
  const help = start('cli.js', '--help')
  if (help.exitCode !== 0 || !help.stdout.includes('--description')) {
    failures.push(`dist/cli.js --help does not name --description: ${said(help)}`)
  }
  for (const name of (await readdir(folder)).filter((entry) => entry.endsWith('.js'))) {
    const result = start(name)
    const printed = said(result)
    if (BROKEN.test(printed) || printed.includes(OUR_BUG) || result.exitCode >= 128) {
      failures.push(`dist/${name} does not start: ${printed}`)
    } else if (result.exitCode !== 0 && printed === '') failures.push(`dist/${name} fails without a word`)
  }
  return failures
}

function said(result: { stdout: string; stderr: string; exitCode: number }): string {
  return `${result.stdout}${result.stderr}`.trim().slice(0, 2000)
}

async function main(): Promise<void> {
  const scratch = await mkdtemp(join(tmpdir(), 'kiwi-oci-check-dist-'))
  try {
    const [committed, rebuilt] = [join(repositoryRoot, 'dist'), join(scratch, 'dist')]
    await build(rebuilt)
    const differences = await folderDifferences(committed, rebuilt)
    for (const difference of differences) process.stderr.write(`${difference}: run npm run build and commit it\n`)
    await mkdir(join(scratch, 'home'))
    const failures = differences.length > 0 ? [] : await startFailures(committed, join(scratch, 'home'))
    for (const failure of failures) process.stderr.write(`${failure}\n`)
    if (differences.length + failures.length > 0) process.exitCode = 1
    else process.stdout.write('dist is what src builds, and every file of it starts\n')
  } finally {
    await rm(scratch, { recursive: true, force: true })
  }
}

if (import.meta.main) await main()
