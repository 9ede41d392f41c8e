import { mkdir, rename, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { inspectDisk } from '../src/disk/inspect.ts'
import { readInputs } from '../src/inputs/inputs.ts'
import { writeChildren } from '../src/job/children.ts'
import type { Job } from '../src/job/job.ts'
import { Stopwatch } from '../src/job/stopwatch.ts'
import { makePlan } from '../src/plan/planning.ts'
import { inputFacts, surroundings } from '../src/steps/surroundings.ts'

/**
 * The part of a job that this product does itself, without the start of the program, its checks and the export: a disk is
 * converted and wrapped into a layout `out`, and the seconds go into the file `seconds`. It is the code of the job:
 *
 *     node part.js DISK FORMAT COMPRESSION
 */
const [disk = '', format = '', compression = ''] = process.argv.slice(2)
const facts = inputFacts(surroundings(process.env), 'command line')
const plan = await makePlan(
  readInputs(
    new Map([
      ['disk', [disk]],
      ['format', [format]],
      ['compression', [compression]],
      ['base-image', ['scratch']],
      ['source-date-epoch', ['0']],
    ]),
    facts,
  ),
  facts,
)
const report = { info() {}, warning: console.error, output() {}, group() {}, endGroup() {} }
const { signal } = new AbortController()
const workFolder = resolve('work')
await mkdir(workFolder)
// What converts and wraps asks for nothing else of a job.
const job = { workFolder, report, signal, stopwatch: new Stopwatch(() => Date.now()) } as unknown as Job
const raw = { ...(await inspectDisk(resolve(disk))), file: resolve(disk) }

const start = performance.now()
const { layout } = await writeChildren(plan, { raw, base: undefined }, job)
await writeFile('seconds', String((performance.now() - start) / 1000))
await rename(layout, resolve('out'))
