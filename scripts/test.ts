import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { repositoryRoot, tool } from '../test/support/tools.ts'
import { capture, exitCodeOf } from './run.ts'
import { closingLine, type Tally, tallyOf, total } from './tally.ts'

const PROJECTS = [['unit', 'property'], ['process'], ['system'], ['promises'], ['e2e']] as const

/** Variables of the workflow that runs the tests; what the tests start must not take them for its own. */
const RUNNER_VARIABLE = /^(GITHUB|RUNNER|ACTIONS|INPUT|STATE)_/

interface Stage {
  readonly name: string
  readonly run: () => number
}

const env: NodeJS.ProcessEnv = {
  ...Object.fromEntries(Object.entries(process.env).filter(([name]) => !RUNNER_VARIABLE.test(name))),
  PATH: `${join(repositoryRoot, 'node_modules/.bin')}:${process.env['PATH'] ?? ''}`,
  KIWI_NG: tool('kiwi-ng'),
}

const inRepository = (program: string, ...args: string[]) => exitCodeOf(program, args, { cwd: repositoryRoot, env })
const script = (name: string, ...args: string[]) => inRepository('npm', 'run', '--silent', name, ...args)

/** @returns paths of tracked files below the folders */
function tracked(...patterns: string[]): readonly string[] {
  return capture('git', ['ls-files', '--', ...patterns], { cwd: repositoryRoot })
    .stdout.split('\n')
    .filter(Boolean)
}

const CHECKS: readonly Stage[] = [
  { name: 'types', run: () => script('check:types') },
  { name: 'style', run: () => script('check:style') },
  { name: 'unused', run: () => script('check:unused') },
  { name: 'dist', run: () => script('check:dist') },
  { name: 'docs', run: () => script('docs', '--', '--check') },
  {
    name: 'actionlint',
    // Other linters that it would find on one machine and not on another are left out.
    run: () =>
      inRepository(
        ...[tool('actionlint'), '-shellcheck=', '-pyflakes='],
        ...tracked('.github/workflows/*.yml', 'examples/workflows/*.yml'),
      ),
  },
  {
    name: 'shellcheck',
    run: () =>
      inRepository('shellcheck', ...tracked('.ci/run', 'examples/*.sh', 'examples/runtime/root/usr/local/bin/*')),
  },
  {
    name: 'zizmor',
    run: () =>
      inRepository(
        ...[tool('zizmor'), '--offline', '--persona=pedantic', '--no-progress', '--strict-collection'],
        ...['--config', '.github/zizmor.yml', '.', ...tracked('examples/workflows/*.yml')],
      ),
  },
]

function timed<T>(name: string, work: () => T): T {
  process.stdout.write(`\n=== ${name}\n`)
  const start = performance.now()
  const result = work()
  durations.push(`${name} ${((performance.now() - start) / 1000).toFixed(1)} s`)
  return result
}

const durations: string[] = []

/** Runs the tests of some projects in one vitest. */
async function runTests(projects: readonly string[], report: string): Promise<Tally> {
  const exitCode = timed(projects.join(', '), () =>
    inRepository(
      ...['vitest', 'run', '--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
      ...projects.flatMap((project) => ['--project', project]),
    ),
  )
  const text = await readFile(report, 'utf8').catch(() => undefined)
  return tallyOf(text, exitCode)
}

async function main(): Promise<number> {
  const broken = CHECKS.filter((check) => timed(check.name, check.run) !== 0).map((check) => check.name)
  const tallies: Tally[] = [{ passed: 0, failed: broken.length, notRun: [] }]
  if (broken.length === 0) {
    const folder = await mkdtemp(join(tmpdir(), 'kiwi-oci-test-'))
    for (const projects of PROJECTS) tallies.push(await runTests(projects, join(folder, `${projects[0]}.json`)))
    await rm(folder, { recursive: true })
  }
  const sum = total(tallies)
  process.stdout.write(`\n${durations.join('\n')}\n`)
  if (broken.length > 0) process.stdout.write(`no test was run, because these checks failed: ${broken.join(', ')}\n`)
  for (const name of sum.notRun) process.stdout.write(`not run, which counts as failed: ${name}\n`)
  process.stdout.write(`\n${closingLine(sum)}\n`)
  return sum.failed === 0 ? 0 : 1
}

process.exitCode = await main()
