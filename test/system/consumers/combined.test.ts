import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Place, place } from '../../process/support/cli.ts'
import { type Base, makeBase, pushBase } from '../../support/base.ts'
import { importedByPod, servedByNode } from '../../support/consumers/cdi.ts'
import { chosenManifest, pulledImage } from '../../support/consumers/cimage.ts'
import { diskFile, mayBeRead } from '../../support/consumers/containerdisk.ts'
import { blobOf, type Document, documentOf, type Held } from '../../support/consumers/held.ts'
import { machineDisk } from '../../support/consumers/machine.ts'
import { layerFiles } from '../../support/consumers/tarfile.ts'
import { heldAt } from '../../support/consumers/transfer.ts'
import { type Engine, startEngine } from '../../support/engine.ts'
import { type Registry, startRegistry } from '../../support/registry.ts'
import { startTrixie, type Trixie } from '../../support/trixie.ts'
import { succeed, writeDisk } from './command.ts'

const KINDS = ['--kind', 'container,kubevirt,podman-machine', '--disktype', 'qemu,applehv,hyperv']
const MACHINES = ['x86_64', 'aarch64'] as const
const FORMATS = { qemu: 'qcow2', applehv: 'raw', hyperv: 'vhdx' } as const

/** One tag for two architectures, as the job of each pushes by digest and the last one merges. */
describe('one tag for podman machine, KubeVirt and containers', () => {
  let registry: Registry
  let trixie: Trixie
  let base: Base
  let here: Place
  let held: Held
  const tag = () => `${registry.address}/acme/vm:1`

  beforeAll(async () => {
    registry = await startRegistry()
    trixie = await startTrixie(registry.address)
    base = await makeBase()
    here = await place()
    await pushBase(base, `${registry.address}/acme/base:1`)
    const disk = await writeDisk(here)
    const repository = `${registry.address}/acme/vm`
    const images: string[] = []
    for (const architecture of ['amd64', 'arm64']) {
      const source = ['--disk', disk, '--base-image', `${registry.address}/acme/base:1`]
      const platform = ['--platform', `linux/${architecture}`, '--push-by-digest', '--repository', repository]
      images.push(`${repository}@${await succeed(here, ...source, ...KINDS, ...platform)}`)
    }
    await succeed(here, 'merge', ...images.flatMap((image) => ['--images', image]), '--tags', tag())
    held = await heldAt(tag())
    await trixie.put(disk, 'vm.raw')
  })
  afterAll(async () => {
    for (const each of [trixie, base, here, registry]) await each?.[Symbol.asyncDispose]()
  })

  /** Fails unless a disk in Debian 13 has the content of the one that was wrapped. */
  async function expectOurDisk(path: string): Promise<void> {
    const compared = await trixie.call('qemu-img', 'compare', '/srv/vm.raw', path)
    expect(compared.stdout + compared.stderr).toContain('Images are identical.')
  }

  function manifestOf(architecture: string): Document {
    const chosen = chosenManifest(held, architecture)
    if ('says' in chosen) throw new Error(chosen.says)
    return documentOf(held, chosen.takes)
  }

  it('is taken by podman machine init, whose disk is ours', async () => {
    const init = await trixie.callAsUser('podman', 'machine', 'init', '--image', `docker://${tag()}`, 'm')
    expect(init.exitCode, init.stderr).toBe(0)
    const folder = '/home/user/.local/share/containers/podman/machine/qemu'
    await expectOurDisk(`${folder}/m-amd64.qcow2`)
    expect((await trixie.call('ls', `${folder}/cache`)).stdout).toBe('')
  })

  it('is pulled and run by podman as a container, which has our disk', async () => {
    const pull = await trixie.call('podman', 'pull', '--quiet', tag())
    expect(`sha256:${pull.stdout.trim()}`, pull.stderr).toBe(manifestOf('amd64').config?.digest)
    const copy = 'cp /disk/vm.qcow2 /srv/container.qcow2'
    const run = await trixie.call('podman', 'run', '--rm', '--volume', '/srv:/srv', tag(), copy)
    expect(run.exitCode, run.stderr).toBe(0)
    await expectOurDisk('/srv/container.qcow2')
  })

  it.each(['amd64', 'arm64'])('is an image of %s to skopeo inspect', async (architecture) => {
    const { stdout } = await trixie.call('skopeo', 'inspect', '--override-arch', architecture, `docker://${tag()}`)
    expect(JSON.parse(stdout)).toMatchObject({
      Architecture: architecture,
      Digest: held.top.digest,
      Layers: manifestOf(architecture).layers?.map((layer) => layer.digest),
    })
  })

  it.each(MACHINES)('gives the machine of %s to oras', async (architecture) => {
    const file = `vm.${architecture}.qemu.qcow2.zst`
    const pull = await trixie.call(
      ...['oras', 'pull', '--plain-http', '--platform', `linux/${architecture}`, '--output', '/srv', tag()],
    )
    expect(pull.exitCode, pull.stderr).toBe(0)
    const { stdout } = await trixie.call('sha256sum', `/srv/${file}`)
    const machine = machineDisk(held, { architecture, diskType: 'qemu' })
    expect(machine).toMatchObject({ takes: { title: file, layer: { digest: `sha256:${stdout.split(' ')[0]}` } } })
  })

  it.each(['amd64', 'arm64'])(
    'is an image of %s to docker, which calls x86_64 amd64 and aarch64 arm64',
    async (name) => {
      await using engine: Engine = await startEngine()
      await engine.docker('pull', '--quiet', '--platform', `linux/${name}`, tag())
      const [image] = JSON.parse(await engine.docker('image', 'inspect', tag()))
      const config = JSON.parse(blobOf(held, manifestOf(name).config?.digest ?? '').toString('utf8'))
      expect(image).toMatchObject({ Architecture: name, RootFS: { Layers: config.rootfs.diff_ids } })
    },
  )

  describe.each(MACHINES)("by podman machine's rules on %s", (architecture) => {
    it.each(['qemu', 'applehv', 'hyperv'] as const)('has a disk for %s', (diskType) => {
      expect(machineDisk(held, { architecture, diskType })).toMatchObject({
        takes: {
          title: `vm.${architecture}.${diskType}.${FORMATS[diskType]}.zst`,
          packing: 'zstd',
          isCleanedUp: true,
        },
      })
    })
  })

  describe.each(['amd64', 'arm64'])("by KubeVirt's and CDI's rules on %s", (architecture) => {
    it('is an image with one disk that QEMU may read', () => {
      const files = layerFiles(held, manifestOf(architecture))
      const disk = diskFile(files)
      if ('says' in disk) throw new Error(disk.says)
      expect(mayBeRead(files, disk.takes)).toEqual({ takes: true })
      expect(disk.takes).toMatchObject({ path: 'disk/vm.qcow2', mode: 0o444, uid: 107, gid: 107 })
      expect(servedByNode(files)).toEqual({ takes: 'disk/vm.qcow2' })
      expect(pulledImage(held, architecture)).toHaveProperty('takes')
    })

    it('is imported', () => {
      expect(importedByPod(held, architecture, true)).toMatchObject({ takes: { path: 'disk/vm.qcow2' } })
    })
  })
})
