import { mkdir, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { inspectDisk } from '../src/disk/inspect.ts'
import { readInputs } from '../src/inputs/inputs.ts'
import { convertSource } from '../src/job/disk.ts'
import type { Job } from '../src/job/job.ts'
import { Stopwatch } from '../src/job/stopwatch.ts'
import { wrapDisk } from '../src/job/wrap.ts'
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
const raw = { ...(await inspectDisk(resolve(disk))), file: resolve(disk), name: 'disk' }

const start = performance.now()
const converted = await convertSource(plan, raw, job)
await wrapDisk({
  disk: {
    path: converted.file,
    pathInImage: converted.path,
    ...(converted.content ? { content: converted.content } : {}),
  },
  platform: plan.platform,
  changes: plan.config,
  annotations: {},
  compression: plan.compression,
  epochSeconds: 0,
  layoutFolder: resolve('out'),
  signal,
})
await writeFile('seconds', String((performance.now() - start) / 1000))
