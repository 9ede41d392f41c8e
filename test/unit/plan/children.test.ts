import { describe, expect, it } from 'vitest'
import { childCompression, plannedChildren, plannedDisks } from '../../../src/plan/children.ts'
import { planLines } from '../../../src/plan/lines.ts'
import { described, typeOf } from './described.ts'
import { planOf, problemsOf, type Texts } from './request.ts'

async function planned(texts: Texts) {
  await using here = await described(typeOf('qcow2'))
  return await planOf({ disk: here.disk, ...texts })
}

describe('the children of a plan', () => {
  it('are one image for both container and kubevirt', async () => {
    expect(plannedChildren(await planned({ kind: 'kubevirt,container' }))).toEqual([
      { kind: 'container', format: 'qcow2', packsClusters: false, path: '/disk/my.disk.qcow2' },
    ])
    expect(plannedChildren(await planned({ kind: 'kubevirt', 'disk-path': '/disk/a' }))).toMatchObject([
      { kind: 'kubevirt', path: '/disk/a' },
    ])
  })

  it('are one artifact, named as its file, with clusters that are packed', async () => {
    expect(plannedChildren(await planned({ kind: 'artifact' }))).toEqual([
      { kind: 'artifact', format: 'qcow2', packsClusters: true, path: 'my.disk.qcow2' },
    ])
    expect(plannedChildren(await planned({ kind: 'artifact', format: 'gce' }))).toMatchObject([
      { format: 'gce', packsClusters: false, path: 'my.disk.tar.gz' },
    ])
  })

  it('are the image, then a disk for each machine of podman, by its own names', async () => {
    const texts = { kind: 'podman-machine,container', disktype: 'hyperv,applehv,qemu', platform: 'linux/arm64' }
    expect(plannedChildren(await planned(texts)).map(({ kind, diskType, path }) => [kind, diskType, path])).toEqual([
      ['container', undefined, '/disk/my.disk.qcow2'],
      ['podman-machine', 'qemu', 'my.disk.aarch64.qemu.qcow2.zst'],
      ['podman-machine', 'applehv', 'my.disk.aarch64.applehv.raw.zst'],
      ['podman-machine', 'hyperv', 'my.disk.aarch64.hyperv.vhdx.zst'],
    ])
  })

  it('for podman 4 are one image with the packed disk at its root', async () => {
    expect(plannedChildren(await planned({ kind: 'podman-machine-4', format: 'raw' }))).toEqual([
      { kind: 'podman-machine-4', format: 'raw', packsClusters: false, path: '/my.disk.raw.zst' },
    ])
  })

  it('have the names of a description, which name the architecture once', async () => {
    const paths = async (kind: string, type = typeOf('raw')) => {
      await using here = await described(type)
      return plannedChildren(await planOf({ description: here.folder, kind })).map(({ path }) => path)
    }
    expect(await paths('artifact,podman-machine')).toEqual(['tiny.x86_64-1.2.3.raw', 'tiny.x86_64.qemu.qcow2.zst'])
    const bundled = typeOf('raw').replace('<type', '<type bundle_format="%N-%v"')
    expect(await paths('podman-machine', bundled)).toEqual(['tiny-1.2.3.x86_64.qemu.qcow2.zst'])
  })

  it('are refused where no file can have their name', async () => {
    const name = 'n'.repeat(245)
    await using here = await described(typeOf('qcow2').replace('<type', `<type bundle_format="${name}"`))
    expect(await problemsOf({ description: here.folder, kind: 'podman-machine' })).toEqual([
      `config.xml:8: its file would be ${name}.x86_64.qemu.qcow2.zst: the path holds a name of more than 255 bytes, which no file system takes: set bundle_format`,
    ])
  })
})

describe('the disks of a plan', () => {
  it('are shared by the children that hold the same', async () => {
    const texts = { kind: 'container,podman-machine', disktype: 'qemu,hyperv', format: 'vhdx' }
    const disks = plannedDisks(await planned(texts))
    expect(disks.map(({ format, fileName, children }) => [format, fileName, children.length])).toEqual([
      ['vhdx', 'my.disk.vhdx', 2],
      ['qcow2', 'my.disk.qcow2', 1],
    ])
  })

  it('are two of one format where the clusters of one are packed', async () => {
    const disks = plannedDisks(await planned({ kind: 'container,podman-machine', compression: 'none' }))
    expect(disks.map(({ format, packsClusters }) => [format, packsClusters])).toEqual([
      ['qcow2', true],
      ['qcow2', false],
    ])
  })
})

describe('the compression of a child', () => {
  it.each([
    ['gzip:9', { algorithm: 'gzip', level: 9 }, { algorithm: 'zstd' }],
    ['none', { algorithm: 'none' }, { algorithm: 'zstd' }],
    ['zstd:19', { algorithm: 'zstd', level: 19 }, { algorithm: 'zstd', level: 19 }],
  ])('%s is that of the image, and of zstd in any case for podman machine', async (compression, image, machine) => {
    const plan = await planned({ kind: 'container,podman-machine', compression })
    expect(plannedChildren(plan).map((child) => childCompression(plan, child))).toEqual([image, machine])
  })

  it('is none for an artifact, which is the disk itself', async () => {
    const plan = await planned({ kind: 'artifact', compression: 'gzip' })
    expect(plannedChildren(plan).map((child) => childCompression(plan, child))).toEqual([{ algorithm: 'none' }])
  })
})

describe('the lines of the log', () => {
  it('name each child', async () => {
    const texts = { kind: 'kubevirt,podman-machine', disktype: 'qemu,applehv', format: 'raw' }
    expect(planLines(await planned(texts)).slice(1)).toEqual([
      'Image: raw disk (input format) at /disk/my.disk.raw for linux/amd64, layer gzip',
      'For podman machine: qcow2 disk (disktype qemu) as my.disk.x86_64.qemu.qcow2.zst for linux/amd64',
      'For podman machine: raw disk (disktype applehv) as my.disk.x86_64.applehv.raw.zst for linux/amd64',
      'Base: scratch (default)',
    ])
    expect(planLines(await planned({ kind: 'artifact' })).slice(1)).toEqual([
      'Artifact: qcow2 disk (default) as my.disk.qcow2 for linux/amd64',
    ])
    expect(planLines(await planned({ kind: 'podman-machine-4' })).slice(1)).toEqual([
      'For podman machine 4: qcow2 disk (default) at /my.disk.qcow2.zst for linux/amd64',
    ])
  })

  it('tell once what of the annotations and labels has no place in the result', async () => {
    const annotations = 'index:a=b\nindex-descriptor:c=d\nindex,manifest:e=f'
    const without = planLines(await planned({ kind: 'artifact', annotations, labels: 'a=b' }))
    expect(without.slice(2)).toEqual([
      'Annotations of index and index-descriptor: left out, the result is no index',
      'Labels: left out, an artifact has none',
    ])
    const withAll = planLines(await planned({ kind: 'container,podman-machine', annotations, labels: 'a=b' }))
    expect(withAll.join()).not.toMatch(/left out/)
  })

  const ANNOTATIONS = 'manifest-descriptor:a=b\nindex-descriptor:c=d\nindex-descriptor:e=f\nmanifest:g=h'
  const NO_INDEX = 'Annotations of index-descriptor: left out, the result is no index'
  const ONLY_LAYOUTS = 'left out, only the index.json of a layout has a place for them'

  it.each<[string, Texts, readonly string[]]>([
    [
      'of a pushed index',
      { kind: 'podman-machine', push: 'true' },
      [`Annotations of index-descriptor: ${ONLY_LAYOUTS}`],
    ],
    ['of a pushed manifest', { push: 'true' }, [NO_INDEX, `Annotations of manifest-descriptor: ${ONLY_LAYOUTS}`]],
    [
      'of a manifest in an archive without index.json',
      { export: 'docker-archive:x.tar:a/b:1' },
      [NO_INDEX, `Annotations of manifest-descriptor: ${ONLY_LAYOUTS}`],
    ],
    ['of none in a layout beside the push', { push: 'true', export: 'oci:x' }, [NO_INDEX]],
    ['of none in a folder that stays', { push: 'true', 'work-dir': '/tmp/x' }, [NO_INDEX]],
    ['of none where nothing goes anywhere', {}, [NO_INDEX]],
  ])('tell of annotations of the top descriptor %s', async (_, texts, told) => {
    const plan = await planned({ annotations: ANNOTATIONS, tags: 'ghcr.io/a/b:1', ...texts })
    expect(planLines(plan).filter((line) => line.startsWith('Annotations'))).toEqual(told)
  })

  it('tell once of annotations for another platform', async () => {
    const annotations = [
      'manifest[linux/arm64],manifest-descriptor[linux/arm64]:a=b',
      'manifest[linux/arm64]:c=d',
      'manifest[linux/x86_64]:e=f',
      'manifest[linux/s390x]:g=h',
    ].join('\n')
    const plan = await planned({ annotations, platform: 'linux/amd64', push: 'true', tags: 'ghcr.io/a/b:1' })
    expect(planLines(plan).filter((line) => line.startsWith('Annotations'))).toEqual([
      'Annotations of manifest[linux/arm64] and manifest-descriptor[linux/arm64] and manifest[linux/s390x]: left out, the result is for linux/amd64',
    ])
  })
})
