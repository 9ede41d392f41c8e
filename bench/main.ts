import { cpus, loadavg } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { rolldown } from 'rolldown'
import { capture, exitCodeOf } from '../scripts/run.ts'
import { repositoryRoot, tool } from '../test/support/tools.ts'
import { CACHE, type Disks, makeDisks } from './disks.ts'
import { verdicts } from './goals.ts'
import { installPeers } from './peers.ts'
import { measure, type WorkResults } from './results.ts'
import { table, verdictLines } from './table.ts'
import type { Variables } from './trial.ts'
import { WORKS } from './works.ts'

/**
 * What we take beside what others take, for the same work on the same disks, in turn; as root.
 *
 *     npm run bench -- [ROUNDS] [WORK]…
 *
 * A work is named by how its name begins: P1a, P2, …; all where none is named. At the end come what tests hold too (memory,
 * space, bytes read and pushed) and P7, the whole job, in bench/build.ts. Ends with 1 where a goal is missed.
 */
const [rounds = '5', ...names] = process.argv.slice(2)

/** The part of a job that is ours alone, as one file beside the thread that it starts. */
async function bundlePart(): Promise<string> {
  const folder = join(CACHE, 'part')
  const inputs = { part: 'bench/part.ts', deflateworker: 'src/compress/deflateworker.ts' }
  for (const [name, input] of Object.entries(inputs)) {
    await using bundler = await rolldown({ input: join(repositoryRoot, input), platform: 'node' })
    await bundler.write({ file: join(folder, `${name}.js`), format: 'esm', codeSplitting: false })
  }
  return join(folder, 'part.js')
}

function variablesOf(disks: Disks, part: string, programs: string): Variables {
  const kiwi = dirname(tool('kiwi-ng'))
  const path = [dirname(process.execPath), programs, process.env['PATH'] ?? '', '/usr/sbin', '/sbin']
  return {
    RAW: disks.raw,
    QCOW2: disks.qcow2,
    SPARSE: disks.sparse,
    RANDOM_DISK: disks.random,
    PART: part,
    CLI: join(repositoryRoot, 'dist/cli.js'),
    KIWI_PYTHON: join(kiwi, 'python'),
    KIWI_WRAP: join(repositoryRoot, 'test/system/kiwi-container/wrap.py'),
    KIWI_XML: join(repositoryRoot, 'bench/kiwi.xml'),
    PATH: path.join(delimiter),
  }
}

function machineFacts(): string {
  const models = new Set(cpus().map(({ model }) => model))
  const file = capture('findmnt', ['-no', 'FSTYPE,SOURCE', '--target', CACHE]).stdout.trim()
  const kernel = capture('uname', ['-sr']).stdout.trim()
  return `${cpus().length} × ${[...models].join(', ')}; ${kernel}; ${file}; Node ${process.versions.node}; load ${loadavg()[0]?.toFixed(1)}`
}

async function main(): Promise<number> {
  if (process.getuid?.() !== 0) throw new Error('KIWI and buildah need root: run the bench as root')
  const chosen = WORKS.filter(({ name }) => names.length === 0 || names.some((each) => name.startsWith(each)))
  const disks = await makeDisks()
  const { folder, missing } = await installPeers()
  const variables = variablesOf(disks, await bundlePart(), folder)
  process.stdout.write(`${new Date().toISOString().slice(0, 10)}; ${machineFacts()}; ${rounds} rounds\n\n`)
  const all: WorkResults[] = []
  for (const work of chosen) {
    process.stderr.write(`${work.name} …\n`)
    all.push(await measure(work, Number(rounds), variables))
  }
  const found = verdicts(all)
  process.stdout.write(`${table(all)}\n\n${verdictLines(found)}\n`)
  for (const [name, why] of missing) process.stdout.write(`- not here: ${name}: ${why}\n`)
  process.stdout.write(`\nload at the end ${loadavg()[0]?.toFixed(1)}\n`)
  const missed = found.some(({ reached, moonshot }) => !moonshot && reached === false)
  return [missed, ...others().map((exitCode) => exitCode !== 0)].some(Boolean) ? 1 : 0
}

/** What is measured elsewhere. @returns exit codes */
function others(): readonly number[] {
  const options = { cwd: repositoryRoot }
  const tests = ['run', '--project', 'system', 'test/system/bench']
  const vitest = join(repositoryRoot, 'node_modules/.bin/vitest')
  const isWanted = names.length === 0 || names.includes('P7')
  return [
    exitCodeOf(vitest, tests, options),
    ...(isWanted ? [exitCodeOf(process.execPath, ['bench/build.ts', rounds], options)] : []),
  ]
}

process.exitCode = await main()
