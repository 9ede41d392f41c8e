import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Place, place } from '../../process/support/cli.ts'
import { volumeDisk } from '../../support/consumers/containerdisk.ts'
import { documentOf } from '../../support/consumers/held.ts'
import { titledFiles } from '../../support/consumers/tarfile.ts'
import { heldAt } from '../../support/consumers/transfer.ts'
import { type Registry, startRegistry } from '../../support/registry.ts'
import { startTrixie, type Trixie } from '../../support/trixie.ts'
import { MIB, succeed, writeDisk } from './command.ts'

let registry: Registry
let trixie: Trixie
let here: Place
let disk: string

beforeAll(async () => {
  registry = await startRegistry()
  trixie = await startTrixie(registry.address)
  here = await place()
  disk = await writeDisk(here)
  await trixie.put(disk, 'vm.raw')
})
afterAll(async () => {
  for (const each of [trixie, here, registry]) await each?.[Symbol.asyncDispose]()
})

/** Pushes the disk as an artifact. @returns the reference */
async function pushed(kinds: string, ...more: readonly string[]): Promise<string> {
  const reference = `${registry.address}/acme/${kinds.replace(',', '-')}:${more.at(-1)}`
  const place = ['--platform', 'linux/amd64', '--tags', reference, '--push']
  await succeed(here, '--disk', disk, '--kind', kinds, ...more, ...place)
  return reference
}

async function orasPull(reference: string, folder: string, ...flags: readonly string[]): Promise<void> {
  const words = ['--plain-http', '--output', folder, ...flags, reference]
  const { exitCode, stderr } = await trixie.call('oras', 'pull', ...words)
  expect(exitCode, stderr).toBe(0)
}

describe('an artifact', () => {
  it('is pulled by podman artifact, with our type and the name of the file', async () => {
    const reference = await pushed('artifact', '--format', 'qcow2')
    const pull = await trixie.call('podman', 'artifact', 'pull', '--quiet', reference)
    expect(pull.exitCode, pull.stderr).toBe(0)
    const { stdout } = await trixie.call('podman', 'artifact', 'inspect', reference)
    expect(JSON.parse(stdout).Manifest).toMatchObject({
      artifactType: 'application/vnd.kiwi-oci.disk.v1',
      layers: [{ annotations: { 'org.opencontainers.image.title': 'vm.qcow2' } }],
    })
  })

  it('is a file to oras, the disk byte for byte', async () => {
    await orasPull(await pushed('artifact', '--format', 'raw'), '/srv/raw')
    const { stdout } = await trixie.call('sha256sum', '/srv/vm.raw', '/srv/raw/vm.raw')
    const [ours, theirs] = stdout.split('\n').map((line) => line.split(' ')[0])
    expect(theirs).toBe(ours)
  })

  it('is an image volume of KubeVirt by its rules, also where its disk is qcow2', async () => {
    const held = await heldAt(await pushed('artifact', '--format', 'qcow2'))
    const [file] = titledFiles(held, documentOf(held, held.top.digest))
    expect(volumeDisk(file ? [file] : [], '/')).toMatchObject({ takes: { path: 'vm.qcow2' } })
    expect(file?.bytes.toString('latin1', 0, 3)).toBe('QFI')
    expect(file?.sizeBytes).toBeGreaterThan(MIB)
  })

  it('and podman machine live under one tag: podman artifact, oras and podman machine find theirs', async () => {
    const reference = await pushed('artifact,podman-machine', '--format', 'qcow2')
    const pull = await trixie.call('podman', 'artifact', 'pull', '--quiet', reference)
    expect(pull.exitCode, pull.stderr).toBe(0)
    await orasPull(reference, '/srv/both', '--platform', 'linux/amd64')
    const init = await trixie.callAsUser('podman', 'machine', 'init', '--image', `docker://${reference}`, 'm')
    expect(init.exitCode, init.stderr).toBe(0)
    for (const path of ['/srv/both/vm.qcow2', '/home/user/.local/share/containers/podman/machine/qemu/m-amd64.qcow2']) {
      const { stdout, stderr } = await trixie.call('qemu-img', 'compare', '/srv/vm.raw', path)
      expect(stdout + stderr).toContain('Images are identical.')
    }
  })
})
