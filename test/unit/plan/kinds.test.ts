import { describe, expect, it } from 'vitest'
import { described, typeOf } from './described.ts'
import { planOf, problemsOf, type Texts } from './request.ts'

async function problems(texts: Texts): Promise<readonly string[]> {
  await using here = await described(typeOf('qcow2'))
  return await problemsOf({ disk: here.disk, ...texts })
}

async function planned(texts: Texts) {
  await using here = await described(typeOf('qcow2'))
  return await planOf({ disk: here.disk, ...texts })
}

describe('the kinds', () => {
  it('are a container where nothing is said', async () => {
    expect(await planned({})).toMatchObject({ kinds: ['container'], diskTypes: [], format: 'qcow2' })
  })

  it('are split at lines and commas, each is taken once, and the order does not matter', async () => {
    const texts = { kind: 'podman-machine,kubevirt\n container , kubevirt', disktype: 'hyperv,qemu' }
    expect(await planned(texts)).toMatchObject({
      kinds: ['container', 'kubevirt', 'podman-machine'],
      diskTypes: ['qemu', 'hyperv'],
    })
  })

  it('of podman machine are for QEMU where no disktype says otherwise', async () => {
    expect(await planned({ kind: 'podman-machine' })).toMatchObject({ diskTypes: ['qemu'] })
  })

  it.each([
    [
      { kind: 'kubvirt' },
      "input kind: 'kubvirt' is no kind: did you mean kubevirt? write container, kubevirt, podman-machine, artifact or podman-machine-4",
    ],
    // What follows from the wrong kind is no second mistake.
    [
      { kind: 'vm', instancetype: 'u1.small', disktype: 'qemu' },
      "input kind: 'vm' is no kind: write container, kubevirt, podman-machine, artifact or podman-machine-4",
    ],
    [
      { kind: 'podman-machine', disktype: 'qemu,wsl' },
      "input disktype: 'wsl' is no disk of podman machine: write qemu, applehv or hyperv",
    ],
    [
      { kind: 'artifact,container' },
      'input kind: artifact beside container: both would be entries for the same platform, and podman, skopeo and CDI take either of them: give it a tag of its own, by another step with the output disk as its input disk',
    ],
    [
      { kind: 'artifact,kubevirt,podman-machine' },
      'input kind: artifact beside kubevirt: both would be entries for the same platform, and podman, skopeo and CDI take either of them: give it a tag of its own, by another step with the output disk as its input disk',
    ],
    [
      { kind: 'podman-machine-4,podman-machine' },
      'input kind: podman-machine-4 beside podman-machine: podman 4 reads one image with one layer and no index: make it alone, by another step with the output disk as its input disk',
    ],
    [
      { kind: 'podman-machine', platform: 'linux/s390x' },
      'input kind: podman-machine is for linux/amd64 and linux/arm64, and the platform is linux/s390x: leave it out, or set platform',
    ],
    [{ disktype: 'qemu' }, 'input disktype: belongs to podman-machine: add podman-machine to kind, or leave it out'],
    [{ instancetype: 'u1.small' }, 'input instancetype: belongs to kubevirt: add kubevirt to kind, or leave it out'],
    [
      { kind: 'artifact', preference: 'fedora' },
      'input preference: belongs to kubevirt: add kubevirt to kind, or leave it out',
    ],
    [
      { kind: 'kubevirt', instancetype: 'U1 small' },
      "input instancetype: 'U1 small' is no name in Kubernetes: write at most 63 small letters, digits, - and ., like u1.small",
    ],
    [
      { kind: 'kubevirt', preference: 'a.-b' },
      "input preference: 'a.-b' is no name in Kubernetes: write at most 63 small letters, digits, - and ., like u1.small",
    ],
    [
      { kind: 'kubevirt', preference: 'a'.repeat(64) },
      `input preference: '${'a'.repeat(64)}' is no name in Kubernetes: write at most 63 small letters, digits, - and ., like u1.small`,
    ],
    [
      { kind: 'kubevirt', compression: 'zstd' },
      'input compression: CDI fails on layers of zstd (kubevirt/containerized-data-importer issue 4277): write gzip or none with kubevirt',
    ],
    [
      { kind: 'container,kubevirt', 'disk-path': '/disk/a/b' },
      'input disk-path: kubevirt looks for one file in /disk, and /disk/a/b is not there: write /disk/NAME, or leave it out',
    ],
    [
      { kind: 'artifact', 'disk-path': '/disk/a' },
      'input disk-path: only an image of kind container or kubevirt has paths, and kind is artifact: leave it out',
    ],
    [
      { kind: 'podman-machine', 'base-image': 'docker.io/library/alpine' },
      'input base-image: only an image of kind container or kubevirt has a base, and kind is podman-machine: leave it out, or add container to kind',
    ],
    [
      { kind: 'artifact,podman-machine', containerconfig: 'user: me' },
      'input containerconfig: only an image of kind container or kubevirt has user, and kind is podman-machine and artifact: leave it out',
    ],
  ] as const)('%j are refused in one line', async (texts, problem) => {
    expect(await problems(texts)).toEqual([problem])
  })

  it.each([
    { kind: 'artifact', containerconfig: 'name: ghcr.io/acme/disk', labels: 'a=b', 'base-image': 'scratch' },
    { kind: 'podman-machine-4', containerconfig: 'user: me', labels: 'a=b', format: 'raw' },
    { kind: 'kubevirt', compression: 'none', 'disk-path': '/disk/a', format: 'raw' },
    { kind: 'artifact,podman-machine', platform: 'linux/arm64/v8' },
    { kind: 'container,podman-machine', compression: 'zstd' },
  ])('%j are a plan', async (texts) => {
    expect(await planned(texts)).toMatchObject({ kinds: expect.anything() })
  })

  it('without a tree of files have no base, whatever the description derives from', async () => {
    await using here = await described(typeOf('qcow2').replace('<type', '<type derived_from="obs://a/b#c"'))
    expect(await planOf({ description: here.folder, kind: 'artifact' })).toMatchObject({
      base: 'scratch',
      baseSource: 'kind artifact',
    })
  })
})

describe('the format', () => {
  it.each([
    ['kubevirt', 'vmdk', 'kubevirt takes a disk in qcow2 or raw, and vmdk is neither'],
    ['container,kubevirt', 'vhdx', 'kubevirt takes a disk in qcow2 or raw, and vhdx is neither'],
    ['podman-machine-4', 'vhdx', 'podman-machine-4 takes a disk in qcow2 or raw, and vhdx is neither'],
  ])('that %s cannot carry is refused where it stands (%s)', async (kind, format, why) => {
    expect(await problems({ kind, format })).toEqual([`input format: ${why}: write one of the two`])
    await using here = await described(typeOf(`oci:${format}`))
    expect(await problemsOf({ description: here.folder, kind, export: 'none' })).toEqual([
      `config.xml:8: format="oci:${format}": ${why}: write one of the two, or set the input format`,
    ])
  })

  it('of the input stands in for one of the description that the kind cannot carry', async () => {
    await using here = await described(typeOf('vmdk'))
    const made = await planOf({ description: here.folder, kind: 'kubevirt', format: 'raw' })
    expect(made).toMatchObject({ format: 'raw', formatSource: 'input format' })
  })

  it('of podman machine alone is that of its first disktype, whatever the description says', async () => {
    await using here = await described(typeOf('vmdk'))
    const texts = { description: here.folder, kind: 'podman-machine', disktype: 'hyperv,applehv' }
    expect(await planOf(texts)).toMatchObject({ format: 'raw', formatSource: 'disktype applehv' })
    expect(await planOf({ ...texts, format: 'vhdx' })).toMatchObject({ format: 'raw' })
  })

  it('of podman machine alone that no disktype has is refused', async () => {
    expect(await problems({ kind: 'podman-machine', disktype: 'qemu,applehv', format: 'vhdx' })).toEqual([
      'input format: podman-machine makes qcow2 for qemu, raw for applehv, and no vhdx: leave it out, and choose by disktype',
    ])
  })

  it.each(['container', 'artifact', 'container,podman-machine'])('of %s may be any', async (kind) => {
    expect(await planned({ kind, format: 'ova' })).toMatchObject({ format: 'ova' })
  })
})
