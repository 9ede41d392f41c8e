import { afterAll, beforeAll, describe, it } from 'vitest'
import { brokenNames, contentOf, differences, type FolderContent } from './support/foldercontent.ts'
import { FULL_JOBS, type FullJob, imageOf, prepareJobs } from './support/fulljobs.ts'
import { DISK_NAMES, type DiskName, type FullPlace, fullPlace, type Ran, usedBytes } from './support/fullplace.ts'
import { fullRegistry } from './support/fullregistry.ts'
import { isWide, Tried } from './support/tried.ts'

const PAGE_BYTES = 4096
const PLACE_SIZES = 40
/** Of what a job needs: in the wide form 40 or more of each place, in the narrow one such that the work begins. */
const PARTS = Object.fromEntries(DISK_NAMES.map((name) => [name, isWide ? evenParts(name) : [0.7, 0.95]]))

let place: FullPlace
const tried = new Tried('diskfull', 'sizes of file systems that are too small for a job')
const phases = new Set<string>()
beforeAll(async () => {
  place = await fullPlace()
  await prepareJobs(place)
})
afterAll(async () => {
  await place[Symbol.asyncDispose]()
})

interface Good {
  readonly digest: string
  readonly out: FolderContent
  /** Of the place that becomes small. */
  readonly heldBytes: number
  readonly peakBytes: number
}

describe.each(DISK_NAMES)('%s on a file system that is too small', (name) => {
  it.each(FULL_JOBS.filter((job) => job.place === name).map((job) => [job.name, job] as const))(
    'for %s is refused or told, and spoils nothing',
    async (_, job) => {
      const good = await unlimited(job)
      for (const part of PARTS[name] ?? []) await tryOne(job, good, part)
    },
  )
})

const REGISTRY_CASES = isWide ? 40 : 8

it('a registry whose storage is too small is told, and its tag stays what it was', async () => {
  const [first, second] = [await imageOf(place, 'small.raw'), await imageOf(place, 'disk.raw')]
  await using registry = await fullRegistry(place.file('storage'), first, second)
  for (let at = 0; at < REGISTRY_CASES; at++) {
    const roomBytes = Math.round((registry.needBytes * at) / REGISTRY_CASES)
    const { how, wrong } = await registry.tryPush(roomBytes)
    tried.add(
      `registry, a push: ${how}`,
      wrong.map((each) => `${roomBytes} of ${registry.needBytes} bytes: ${each}`),
    )
  }
})

it('a full disk was met in every phase, often enough', async () => {
  const wanted = ['Check base, registries and disk', 'Convert', 'Wrap', 'KIWI', 'Export']
  const missed = wanted.filter((want) => ![...phases].some((phase) => phase.startsWith(want)))
  for (const phase of missed) tried.add('phase', [`nothing was full in ${phase}`])
  const least = FULL_JOBS.reduce((total, job) => total + (PARTS[job.place] ?? []).length, REGISTRY_CASES)
  await tried.finish(least)
})

function evenParts(name: DiskName): readonly number[] {
  const count = Math.max(14, Math.ceil(PLACE_SIZES / FULL_JOBS.filter(({ place: at }) => at === name).length))
  return Array.from({ length: count }, (_, at) => (at + 0.3) / count)
}

async function unlimited(job: FullJob): Promise<Good> {
  await place.clear()
  const heldBytes = usedBytes(place.disks.seen(job.place))
  const made = await place.run(job.args(place), job.env)
  if (made.exitCode !== 0) throw new Error(`${job.name}: ${made.stderr}`)
  const out = await contentOf(place.disks.seen('out'))
  return { digest: made.stdout, out, heldBytes, peakBytes: made.peakBytes[job.place] }
}

async function tryOne(job: FullJob, good: Good, part: number): Promise<void> {
  await place.clear()
  const before = await contentOf(place.disks.seen('out'))
  const room = Math.floor(((good.peakBytes - good.heldBytes) * part) / PAGE_BYTES) * PAGE_BYTES
  // A size of 0 is none.
  await place.disks.resize(job.place, Math.max(PAGE_BYTES, good.heldBytes + room))
  const ran = await place.run(job.args(place), job.env)
  const after = await contentOf(place.disks.seen('out'))
  const succeeded = ran.exitCode === 0
  const wrong = [
    ...(succeeded ? wrongSuccess(job, good, ran) : wrongFailure(job, ran, await leftOf(ran))),
    ...differences(succeeded && job.name !== 'metadata over others' ? good.out : before, after),
    ...brokenNames(after),
    ...brokenNames(await contentOf(place.disks.seen('cache'))),
  ]
  if (!succeeded) phases.add(ran.phase)
  const how = succeeded ? 'done' : /not enough space/.test(ran.errors[0] ?? '') ? 'refused' : `told in "${ran.phase}"`
  const size = `${Math.round(room / 1024)} KiB of ${Math.round((good.peakBytes - good.heldBytes) / 1024)}`
  tried.add(
    `${job.place}, ${job.name}: ${how}`,
    wrong.map((each) => `${size}: ${each}`),
  )
}

function wrongSuccess(job: FullJob, good: Good, ran: Ran): readonly string[] {
  return [
    ...(ran.stdout === good.digest ? [] : [`another digest, ${ran.stdout}`]),
    ...(job.doesWithout && !/^warning: .*no space/im.test(ran.stderr) ? [`no warning: ${ran.stderr}`] : []),
    ...(/bug in kiwi-oci/.test(ran.stderr) ? [`our bug: ${ran.stderr}`] : []),
  ]
}

function wrongFailure(job: FullJob, ran: Ran, left: readonly string[]): readonly string[] {
  const [error = '', ...more] = ran.errors
  return [
    ...(ran.exitCode === 1 && ran.stdout === '' ? [] : [`exit code ${ran.exitCode}, ${ran.stdout}`]),
    ...(job.doesWithout ? [`failed, although it can do without: ${ran.stderr}`] : []),
    ...(more.length === 0 ? [] : [`${ran.errors.length} lines`]),
    ...(/no(t enough)? space/i.test(error) && error.includes(place.disks.at(job.place)) ? [] : [`says: ${ran.stderr}`]),
    ...(error.includes('bug in kiwi-oci') ? [`our bug: ${ran.stderr}`] : []),
    ...left,
  ]
}

/** What stands where nothing may stay but a log that the error names. */
async function leftOf(ran: Ran): Promise<readonly string[]> {
  const left: string[] = []
  for (const name of DISK_NAMES.filter((each) => each === 'work' || each === 'temp')) {
    for (const path of (await contentOf(place.disks.seen(name))).keys()) {
      const named = ran.stderr.includes(`the whole log is ${place.disks.at(name, path.split('/')[0] ?? '')}`)
      if (!named) left.push(`${name}/${path} was left`)
    }
  }
  return left
}
