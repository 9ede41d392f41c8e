import { afterAll, beforeAll, expect, it } from 'vitest'
import { digestOf } from '../../src/oci/digest.ts'
import { NOBODY } from '../process/support/cli.ts'
import { type Base, makeBase, pushBase } from '../support/base.ts'
import { manifestAt } from '../support/pushed.ts'
import { noise } from '../support/rawdisk.ts'
import { type Registry, startRegistry } from '../support/registry.ts'
import { type SamePlace, type Surroundings, samePlace } from './support/sameplace.ts'
import { isWide, Tried } from './support/tried.ts'

const sh = (script: string) => ['sh', '-c', `${script}; exec "$@"`, 'sh']
const zone = (name: string): Surroundings => ({ name: `time zone ${name}`, env: () => ({ TZ: name }) })
const locale = (name: string): Surroundings => ({ name: `locale ${name}`, env: () => ({ LC_ALL: name, LANG: name }) })
const umask = (mask: string): Surroundings => ({ name: `umask ${mask}`, through: sh(`umask ${mask}`) })
const threads = (count: string): Surroundings => ({
  name: `${count} threads of libuv`,
  env: () => ({ UV_THREADPOOL_SIZE: count }),
})

const SURROUNDINGS: readonly Surroundings[] = [
  ...['Pacific/Kiritimati', 'America/St_Johns', 'Asia/Kathmandu'].map(zone),
  ...['0077', '0000', '0027'].map(umask),
  ...['C', 'tr_TR.UTF-8', 'ar_EG.UTF-8', 'ja_JP.eucJP'].map(locale),
  ...['1', '64'].map(threads),
  { name: 'one processor', through: ['taskset', '-c', '0'] },
  { name: 'the user nobody', user: NOBODY },
  { name: 'no home', env: (own) => ({ HOME: `${own}/no-home` }) },
  { name: 'the root as working folder', cwd: '/' },
  { name: 'a work folder with blanks', flags: (own) => ['--work-dir', `${own}/jobs/a b ü`] },
  { name: 'temporary files in memory', env: () => ({ TMPDIR: '/dev/shm' }) },
  { name: 'few open files', through: sh('ulimit -n 96') },
  { name: 'no cache', flags: () => ['--cache=false'] },
  { name: 'a disk with all holes', disk: 'disks/holes/appliance.raw' },
  { name: 'a disk without holes', disk: 'disks/full/appliance.raw' },
  {
    name: 'skopeo of Debian 13',
    env: (own) => ({ PATH: `${own}/../../skopeo/bin:${process.env['PATH']}` }),
  },
]

const SCRATCH = ['--base-image=scratch']
const FORMATS = ['raw', 'vmdk', 'vdi', 'vhd', 'vhd-fixed', 'vhdx', 'gce', 'ova']

interface Wrapping {
  readonly name: string
  readonly args: readonly string[]
}

let registry: Registry
let base: Base
let place: SamePlace
let wrappings: readonly Wrapping[]
const tried = new Tried('samedigest', 'runs that differ in what the image must not hold')
beforeAll(async () => {
  registry = await startRegistry()
  base = await makeBase()
  await pushBase(base, `${registry.address}/bases/one:1`)
  place = await samePlace(diskBytes())
  const pushed = ['--tls-verify=false', '--push', `--tags=${registry.address}/same/disk:1`]
  wrappings = [
    { name: 'on a base', args: [`--base-image=${registry.address}/bases/one:1`, ...pushed] },
    { name: 'several kinds', args: ['--kind=container,podman-machine', ...SCRATCH, ...pushed] },
    { name: 'zstd', args: [...SCRATCH, '--compression=zstd', ...pushed] },
    ...FORMATS.map((format) => ({ name: format, args: [...SCRATCH, `--format=${format}`, ...pushed] })),
  ]
})
afterAll(async () => {
  await place[Symbol.asyncDispose]()
  await base[Symbol.asyncDispose]()
  await registry.stop()
})

it('the same disk, base and inputs give the same digest, whoever makes it, where and when', async () => {
  const digests = new Map<string, string>()
  for (const { name, args } of wrappings) {
    const { digest, stderr } = await place.run({ name: 'as it is' }, args)
    expect(digest, stderr).toMatch(/^sha256:/)
    digests.set(name, digest)
  }
  expect(new Set(digests.values()).size).toBe(wrappings.length)
  for (const [at, surroundings] of SURROUNDINGS.entries()) {
    const all = isWide ? wrappings : [wrappings[at % wrappings.length]]
    for (const wrapping of all.filter((each) => each !== undefined)) {
      const wanted = digests.get(wrapping.name) ?? ''
      tried.add(
        surroundings.name,
        (await wrongs(surroundings, wrapping, wanted)).map((text) => `${wrapping.name}: ${text}`),
      )
    }
  }
  await tried.finish(SURROUNDINGS.length * (isWide ? wrappings.length : 1))
})

/** Noise, text and zeros between and behind them: holes where the file system takes them. */
function diskBytes(): Buffer {
  const bytes = Buffer.alloc(4 << 20)
  noise(300_000, 3).copy(bytes)
  bytes.write('text '.repeat(50_000), 2 << 20)
  return bytes
}

async function wrongs(surroundings: Surroundings, { args }: Wrapping, wanted: string): Promise<readonly string[]> {
  const { digest, stderr } = await place.run(surroundings, args)
  const carried = await manifestAt(`${registry.address}/same/disk`, '1')
  const inRegistry = carried === undefined ? 'nothing' : digestOf(carried)
  return [
    ...(digest === wanted ? [] : [`${digest || stderr} instead of ${wanted}`]),
    ...(inRegistry === wanted ? [] : [`the registry has ${inRegistry}`]),
  ]
}
