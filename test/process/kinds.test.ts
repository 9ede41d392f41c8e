import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { digestOf } from '../../src/oci/digest.ts'
import { type Place, place } from './support/cli.ts'
import { fileInTar, type ReadLayout, rawOf, readLayout, tarList } from './support/layout.ts'

const EPOCH = '1767323045'
/** Two clusters of content in 2 MiB of zeros. */
const DISK = Buffer.concat([Buffer.alloc(65_536, 'boot'), Buffer.alloc(1_900_544), Buffer.alloc(131_072, 'end')])
const MACHINE_TYPE = 'application/vnd.kiwi-oci.podman-machine.v1'

interface Made extends ReadLayout, AsyncDisposable {
  readonly here: Place
  readonly digest: string
  readonly log: string
}

/** A job of the disk, exported as a layout. */
async function made(...args: readonly string[]): Promise<Made> {
  const here = await place()
  await writeFile(join(here.folder, 'x.raw'), DISK)
  const job = ['--disk', 'x.raw', '--platform', 'linux/amd64', '--source-date-epoch', EPOCH]
  const written = ['--export', 'oci:out:1', '--metadata-file', 'm.json']
  const { exitCode, stdout, stderr } = await here.run([...job, ...written, ...args])
  expect(exitCode, stderr).toBe(0)
  expect(await here.leftovers()).toEqual([])
  const layout = await readLayout(join(here.folder, 'out'))
  const dispose = { [Symbol.asyncDispose]: () => here[Symbol.asyncDispose]() }
  return { here, digest: stdout.trim(), log: stderr, ...layout, ...dispose }
}

describe('podman machine beside a container', () => {
  it('is one index, the image first, whose every disk is the given one', async () => {
    await using job = await made('--kind', 'podman-machine,kubevirt,container', '--disktype', 'hyperv,qemu,applehv')
    const linux = (architecture: string) => ({ architecture, os: 'linux' })
    expect(job.top).toMatchObject({ mediaType: 'application/vnd.oci.image.index.v1+json', digest: job.digest })
    expect(job.top.platform).toBeUndefined()
    expect(job.entries.map(({ platform, annotations }) => ({ platform, annotations }))).toEqual([
      { platform: linux('amd64'), annotations: undefined },
      ...['qemu', 'applehv', 'hyperv'].map((disktype) => ({ platform: linux('x86_64'), annotations: { disktype } })),
    ])
    const [image, ...machines] = job.entries
    if (image === undefined) return expect.fail('no image')
    const { layers: [layer] = [] } = await job.manifest(image)
    const disk = await fileInTar(await job.bytes(layer ?? image), 'disk/x.qcow2', job.here.folder)
    expect(DISK.equals(await rawOf(disk, 'qcow2', job.here.folder))).toBe(true)
    for (const [at, format] of ['qcow2', 'raw', 'vhdx'].entries()) {
      const { artifactType, layers } = await job.manifest(machines[at] ?? image)
      const diskType = machines[at]?.annotations?.['disktype']
      expect(artifactType).toBe(MACHINE_TYPE)
      expect(layers).toMatchObject([
        {
          mediaType: 'application/zstd',
          annotations: { 'org.opencontainers.image.title': `x.x86_64.${diskType}.${format}.zst` },
        },
      ])
      const blob = await job.bytes(layers[0] ?? image)
      expect(DISK.equals(await rawOf(blob, format, job.here.folder)), format).toBe(true)
    }
  })

  it('is the same index again, in whatever order the kinds are written', async () => {
    await using one = await made('--kind', 'container,podman-machine', '--disktype', 'qemu,applehv')
    await using other = await made('--kind', 'podman-machine', '--kind', 'container', '--disktype', 'applehv,qemu')
    expect(other.digest).toBe(one.digest)
  })

  it('holds the same image that a container alone is', async () => {
    await using alone = await made()
    await using both = await made('--kind', 'container,podman-machine')
    expect(both.entries[0]?.digest).toBe(alone.digest)
    expect(alone.top).toMatchObject({ digest: alone.digest, platform: { architecture: 'amd64', os: 'linux' } })
  })

  it('tells in the metadata and the log what each child is', async () => {
    await using job = await made('--kind', 'container,podman-machine', '--annotations', 'index:a=b')
    const metadata = JSON.parse(await readFile(join(job.here.folder, 'm.json'), 'utf8'))
    expect(metadata).toMatchObject({ 'containerimage.digest': job.digest, disk: { path: '/disk/x.qcow2' } })
    expect(metadata.images).toMatchObject([
      { kind: 'container', digest: job.entries[0]?.digest, disk: { path: '/disk/x.qcow2', format: 'qcow2' } },
      { kind: 'podman-machine', diskType: 'qemu', digest: job.entries[1]?.digest, descriptor: job.entries[1] },
    ])
    expect(job.log).toContain(`Image: ${job.entries[0]?.digest} with /disk/x.qcow2`)
    expect(job.log).toContain(`Artifact: ${job.entries[1]?.digest} with x.x86_64.qemu.qcow2.zst`)
    expect(job.log).toContain(`Index: ${job.digest} of 2 entries`)
  })
})

describe('annotations', () => {
  it('stand at every level of an index', async () => {
    const given = ['manifest:m=1', 'index:i=2', 'manifest-descriptor:e=3', 'index-descriptor:t=4', 'all=5']
    const flags = given.flatMap((text) => ['--annotations', text])
    await using job = await made('--kind', 'container,podman-machine', ...flags)
    const index = await job.json(job.top)
    expect(index['annotations']).toEqual({ i: '2' })
    expect(job.entries.map(({ annotations }) => annotations)).toEqual([{ e: '3' }, { disktype: 'qemu', e: '3' }])
    expect(job.top.annotations).toMatchObject({ t: '4' })
    for (const entry of job.entries) {
      expect((await job.manifest(entry)).annotations).toMatchObject({ m: '1', all: '5' })
    }
  })

  it('stand at both levels of a single manifest, and the log tells once what has no place', async () => {
    const flags = ['manifest,index:m=1', 'manifest-descriptor:e=3'].flatMap((text) => ['--annotations', text])
    await using job = await made(...flags)
    expect((await job.manifest(job.top)).annotations).toMatchObject({ m: '1' })
    expect(job.top.annotations).toMatchObject({ e: '3' })
    expect(job.log.match(/Annotations of index: left out/g)).toHaveLength(1)
  })
})

describe('a containerDisk', () => {
  it('is one image with one file in /disk, no entrypoint and the names in its environment', async () => {
    await using job = await made('--kind', 'kubevirt', '--instancetype', 'u1.small', '--preference', 'fedora')
    expect(job.top).toMatchObject({ mediaType: 'application/vnd.oci.image.manifest.v1+json' })
    const { config, layers } = await job.manifest(job.top)
    expect(await job.json(config)).toMatchObject({
      config: {
        Entrypoint: ['no-entrypoint'],
        Env: [
          'INSTANCETYPE_KUBEVIRT_IO_DEFAULT_INSTANCETYPE=u1.small',
          'INSTANCETYPE_KUBEVIRT_IO_DEFAULT_PREFERENCE=fedora',
        ],
      },
    })
    const files = await tarList(await job.bytes(layers[0] ?? config), job.here.folder)
    expect(files.filter((row) => row.includes('disk'))).toEqual([
      'dr-xr-xr-x 107/107 disk/',
      '-r--r--r-- 107/107 disk/x.qcow2',
    ])
  })
})

describe('an artifact', () => {
  it('is the disk itself, byte for byte, with a config of its own', async () => {
    await using job = await made('--kind', 'artifact', '--format', 'raw')
    const manifest = await job.manifest(job.top)
    expect(manifest.artifactType).toBe('application/vnd.kiwi-oci.disk.v1')
    expect(manifest.layers).toMatchObject([
      {
        mediaType: 'application/vnd.kiwi-oci.disk.raw',
        digest: digestOf(DISK),
        annotations: { 'org.opencontainers.image.title': 'x.raw' },
      },
    ])
    expect(await job.json(manifest.config)).toEqual({
      architecture: 'amd64',
      os: 'linux',
      disk: { format: 'raw', virtualSize: DISK.length, size: DISK.length, digest: digestOf(DISK) },
      blob: digestOf(DISK),
    })
    expect(job.top.platform).toEqual({ architecture: 'amd64', os: 'linux' })
  })

  it('in qcow2 has packed clusters, since nothing else packs it', async () => {
    await using job = await made('--kind', 'artifact')
    const { layers, config } = await job.manifest(job.top)
    const disk = await job.bytes(layers[0] ?? config)
    expect(disk.subarray(0, 4).toString('latin1')).toBe('QFI\xfb')
    expect(disk.includes('bootbootboot')).toBe(false)
    expect(DISK.equals(await rawOf(disk, 'qcow2', job.here.folder))).toBe(true)
  })

  it('beside podman machine is the entry that the names of Go find', async () => {
    await using job = await made('--kind', 'artifact,podman-machine', '--platform', 'linux/arm64')
    expect(job.entries.map(({ platform }) => platform?.architecture)).toEqual(['arm64', 'aarch64'])
  })
})

it('the image for podman 4 has one layer of one packed file and nothing else', async () => {
  await using job = await made('--kind', 'podman-machine-4')
  const { config, layers } = await job.manifest(job.top)
  expect(config.mediaType).toBe('application/vnd.oci.image.config.v1+json')
  expect(layers.map(({ mediaType }) => mediaType)).toEqual(['application/vnd.oci.image.layer.v1.tar'])
  const layer = await job.bytes(layers[0] ?? config)
  expect(await tarList(layer, job.here.folder)).toEqual(['-rw-r--r-- 0/0 x.qcow2.zst'])
  const disk = await fileInTar(layer, 'x.qcow2.zst', job.here.folder)
  expect(DISK.equals(await rawOf(disk, 'qcow2', job.here.folder))).toBe(true)
})

it('of the disks that are written only the first stays with a given work-dir', async () => {
  await using here = await place()
  await writeFile(join(here.folder, 'x.raw'), DISK)
  const kinds = ['--kind', 'artifact,podman-machine', '--disktype', 'qemu,hyperv', '--work-dir', 'w']
  const { exitCode, stderr } = await here.run(['--disk', 'x.raw', ...kinds])
  expect(exitCode, stderr).toBe(0)
  const [folder = ''] = await readdir(join(here.folder, 'w'))
  const all = await readdir(join(here.folder, 'w', folder), { recursive: true })
  expect(all.filter((path) => /\.(qcow2|vhdx|raw)$/.test(path))).toEqual(['disk/x.qcow2'])
})

it('a disk whose path has the ending of another format stays beside that of podman machine', async () => {
  await using here = await place()
  await writeFile(join(here.folder, 'x.raw'), DISK)
  const named = ['--format', 'vmdk', '--disk-path', '/disk/x.vhdx', '--work-dir', 'w']
  const kinds = ['--kind', 'container,podman-machine', '--disktype', 'hyperv']
  const { exitCode, stderr } = await here.run(['--disk', 'x.raw', ...kinds, ...named])
  expect(exitCode, stderr).toBe(0)
  const [folder = ''] = await readdir(join(here.folder, 'w'))
  const disk = await readFile(join(here.folder, 'w', folder, 'disk/x.vhdx'))
  expect(disk.subarray(0, 4).toString('latin1')).toBe('KDMV')
})

it('an export without a name takes the place of the one before, whether one is an index or not', async () => {
  await using here = await place()
  await writeFile(join(here.folder, 'x.raw'), DISK)
  const named = async (kind: string, platform = 'linux/amd64') => {
    const job = ['--disk', 'x.raw', '--kind', kind, '--platform', platform, '--export', 'oci:out']
    const { exitCode, stdout, stderr } = await here.run(job)
    expect(exitCode, stderr).toBe(0)
    const { manifests } = JSON.parse(await readFile(join(here.folder, 'out/index.json'), 'utf8'))
    return { digest: stdout.trim(), digests: manifests.map(({ digest }: { digest: string }) => digest) }
  }
  await named('container')
  const index = await named('container,podman-machine')
  expect(index.digests).toEqual([index.digest])
  const image = await named('container')
  expect(image.digests).toEqual([image.digest])
  const other = await named('container,podman-machine', 'linux/arm64')
  expect(other.digests).toEqual([image.digest, other.digest])
})
