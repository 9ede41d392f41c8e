import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import type { Outcome } from '../test/promises/support/tried.ts'
import { repositoryRoot, tool } from '../test/support/tools.ts'
import { exitCodeOf } from './run.ts'

const PAGE = join(repositoryRoot, 'docs/reliability.md')
const [BEGIN, END] = ['<!-- soak: written by npm run test:soak -->\n', '<!-- end of soak -->']
const HEAD = '| Suite | What | Tried | Wrong | Seconds | Day |\n| --- | --- | ---: | ---: | ---: | --- |\n'

/** The wide form of the promises, and its table in docs/reliability.md. Arguments are names of suites; none are all. */
async function main(): Promise<number> {
  const { positionals: suites } = parseArgs({ allowPositionals: true })
  const results = await mkdtemp(join(tmpdir(), 'kiwi-oci-soak-'))
  const env = {
    ...process.env,
    SOAK: 'wide',
    SOAK_RESULTS: results,
    KIWI_NG: process.env['KIWI_NG'] ?? tool('kiwi-ng'),
  }
  const files = suites.map((suite) => `test/promises/${suite}.test.ts`)
  const exitCode = exitCodeOf('vitest', ['run', '--project', 'promises', ...files], { cwd: repositoryRoot, env })
  const names = await readdir(results)
  const outcomes = await Promise.all(
    names.map(async (name) => JSON.parse(await readFile(join(results, name), 'utf8')) as Outcome),
  )
  await rm(results, { recursive: true })
  await writeFile(PAGE, withOutcomes(await readFile(PAGE, 'utf8'), outcomes))
  return exitCode
}

/** Rows of suites that did not run stay as they are. */
function withOutcomes(page: string, outcomes: readonly Outcome[]): string {
  const [before = '', rest = ''] = page.split(BEGIN)
  const [table = '', after = ''] = rest.split(END)
  const day = new Date().toISOString().slice(0, 10)
  const ran = outcomes.map(({ suite, what, tried, wrong, seconds }) =>
    [`| ${suite} | ${what} `, `| ${tried} | ${wrong} | ${seconds} | ${day} |`].join(''),
  )
  const isAnew = (row: string) => ran.some((line) => rowKey(line) === rowKey(row))
  const kept = table.split('\n').filter((line) => line.startsWith('| ') && !isAnew(line) && !HEAD.includes(line))
  return `${before}${BEGIN}${HEAD}${[...kept, ...ran].sort().join('\n')}\n${END}${after}`
}

function rowKey(row: string): string {
  return row.split('|').slice(1, 3).join('|')
}

process.exitCode = await main()
