import { execFile } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Source } from '../../../src/registry/target/staging.ts'
import type { DiskName, FullPlace } from './fullplace.ts'

/** A job of the command line whose one place becomes too small. */
export interface FullJob {
  readonly name: string
  /** What is small. */
  readonly place: DiskName
  readonly args: (at: FullPlace) => readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Whether it ends well all the same, with a warning. */
  readonly doesWithout?: boolean
}

const DISK = ['--source-date-epoch=1', '--base-image=scratch', '--compression=gzip', '--disk']
const big = (at: FullPlace) => [...DISK, at.file('disk.raw')]
const small = (at: FullPlace) => [...DISK, at.file('small.raw')]
const described = (at: FullPlace) => [
  ...[
    '--source-date-epoch=1',
    '--base-image=scratch',
    '--kiwi-version=system',
    '--description',
    at.file('description'),
  ],
]
const work = (at: FullPlace) => ['--work-dir', at.disks.at('work')]
const exported = (at: FullPlace, transport: string, path: string) => [
  '--export',
  `${transport}:${at.disks.at('out', path)}`,
]
const registryBase = (at: FullPlace) => ['--tls-verify=false', `--base-image=${at.registry.address}/bases/one:1`]

function inWork(name: string, more: (at: FullPlace) => readonly string[]): FullJob {
  return { name, place: 'work', args: (at) => [...more(at), ...work(at), ...exported(at, 'oci', 'layout:new')] }
}

function toOut(name: string, transport: string, path: string, flags: readonly string[] = []): FullJob {
  return { name, place: 'out', args: (at) => [...big(at), ...work(at), ...flags, ...exported(at, transport, path)] }
}

export const FULL_JOBS: readonly FullJob[] = [
  inWork('a qcow2 in a layer', big),
  inWork('a raw disk in a layer of zstd', (at) => [...big(at), '--format=raw', '--compression=zstd']),
  inWork('a vmdk', (at) => [...big(at), '--format=vmdk']),
  inWork('a vmdk of a packed disk', (at) => [...DISK, at.file('packed.qcow2'), '--format=vmdk']),
  inWork('an image for Google', (at) => [...big(at), '--format=gce']),
  inWork('an appliance', (at) => [...big(at), '--format=ova']),
  inWork('a disk for podman machine', (at) => [...big(at), '--kind=podman-machine,artifact']),
  inWork('a base in a layout', (at) => [...small(at), `--base-image=oci:${at.file('base')}:amd64`]),
  inWork('a base in a registry', (at) => [...small(at), ...registryBase(at), '--cache=false']),
  inWork('a base packed by gzip', (at) => [...small(at), `--base-image=${at.file('base.tar.gz')}`]),
  inWork('a base packed by xz', (at) => [...small(at), `--base-image=${at.file('base.tar.xz')}`]),
  inWork('a description', described),
  {
    name: 'layers made gzip for docker',
    place: 'work',
    args: (at) => [
      ...[...big(at), ...work(at), '--compression=zstd'],
      ...exported(at, 'docker-archive', 'docker.tar:example.org/x:1'),
    ],
  },
  { name: 'a whole job', place: 'temp', args: (at) => [...big(at), ...exported(at, 'oci', 'layout:new')] },
  { name: 'a description', place: 'temp', args: (at) => [...described(at), ...exported(at, 'oci', 'layout:new')] },
  {
    name: 'logins',
    place: 'temp',
    args: (at) => [
      ...[...small(at), ...work(at), '--authfile', at.file('auth.json'), '--username=robot', '--tls-verify=false'],
      ...['--push', `--tags=${at.registry.address}/small/logins:1`],
    ],
    env: { KIWI_OCI_PASSWORD: 'secret' },
  },
  {
    name: 'a base from a registry',
    place: 'cache',
    args: (at) => [...small(at), ...registryBase(at), ...work(at), ...exported(at, 'oci', 'layout:new')],
    doesWithout: true,
  },
  {
    name: 'packages of a description',
    place: 'cache',
    args: (at) => [...described(at), ...work(at), ...exported(at, 'oci', 'layout:new')],
    doesWithout: true,
  },
  toOut('a new layout', 'oci', 'new/layout:new'),
  toOut('a layout with another image', 'oci', 'layout:new'),
  toOut('an archive over another', 'oci-archive', 'old.tar'),
  toOut('an archive for docker over another', 'docker-archive', 'docker.tar:example.org/x:1'),
  toOut('a new folder of an image', 'dir', 'new'),
  toOut('a folder of an image over another', 'dir', 'dir'),
  { ...toOut('metadata over others', 'oci', 'layout:new'), ...withMetadata() },
]

function withMetadata(): Pick<FullJob, 'args'> {
  return {
    args: (at) => [
      ...[...small(at), ...work(at), '--export', `oci:${at.disks.at('cache', 'layout')}`],
      ...['--metadata-file', at.disks.at('out', 'metadata.json')],
    ],
  }
}

/** An image of a disk in a layout of its own. */
export async function imageOf(at: FullPlace, disk: string): Promise<Source> {
  const layout = at.file(`image of ${disk}`)
  const made = await at.run([...DISK, at.file(disk), '--export', `oci:${layout}`])
  if (made.exitCode !== 0) throw new Error(made.stderr)
  const { manifests } = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8'))
  return { layout, descriptor: manifests[0] }
}

/** The bases and the images that the destinations have before, which another disk gives. */
export async function prepareJobs(at: FullPlace): Promise<void> {
  const run = promisify(execFile)
  await run('tar', ['-C', at.file('base'), '-cf', at.file('base.tar'), '.'])
  await run('skopeo', ['copy', '-q', `oci:${at.file('base')}:amd64`, `oci-archive:${at.file('one.tar')}:one`])
  for (const [program, name] of [
    ['gzip', 'base.tar.gz'],
    ['xz', 'base.tar.xz'],
  ] as const) {
    const { stdout } = await run(program, ['-c', at.file('one.tar')], { encoding: 'buffer', maxBuffer: 1 << 26 })
    await writeFile(at.file(name), stdout)
  }
  await writeFile(at.file('packed.raw'), Buffer.alloc(6 << 20, 'what compresses well '))
  await run('qemu-img', ['convert', '-c', '-O', 'qcow2', at.file('packed.raw'), at.file('packed.qcow2')])
  const entry = (name: string) => [`${name}.example.org`, { auth: Buffer.from(`${name}:secret`).toString('base64') }]
  const auths = Object.fromEntries(Array.from({ length: 300 }, (_, index) => entry(`host${index}`)))
  await writeFile(at.file('auth.json'), JSON.stringify({ auths }))
  const before = at.file('before')
  const places = [`oci:${before}/layout:old`, `oci-archive:${before}/old.tar`, `dir:${before}/dir`]
  const exports = [...places, `docker-archive:${before}/docker.tar:example.org/x:0`].flatMap((place) => [
    '--export',
    place,
  ])
  const made = await at.run([...small(at), ...exports, `--metadata-file=${join(before, 'metadata.json')}`])
  if (made.exitCode !== 0) throw new Error(made.stderr)
}
