import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { runCommand } from '../../../src/command.ts'
import { type Place, place } from '../../process/support/cli.ts'
import { importedByPod, servedByNode } from '../../support/consumers/cdi.ts'
import { diskFile, mayBeRead, verifiedDisk, volumeDisk } from '../../support/consumers/containerdisk.ts'
import { blobOf, documentOf, type Held } from '../../support/consumers/held.ts'
import { layerFiles, type TarContent } from '../../support/consumers/tarfile.ts'
import { heldAt } from '../../support/consumers/transfer.ts'
import { type Registry, startRegistry } from '../../support/registry.ts'
import { succeed, writeDisk } from './command.ts'

let registry: Registry
let here: Place
let disk: string

beforeAll(async () => {
  registry = await startRegistry()
  here = await place()
  disk = await writeDisk(here)
})
afterAll(async () => {
  for (const each of [here, registry]) await each?.[Symbol.asyncDispose]()
})

const CASES = [
  { name: 'qcow2, the default', format: 'qcow2', flags: [] },
  { name: 'raw', format: 'raw', flags: ['--format', 'raw'] },
  { name: 'qcow2 in a layer that is not packed', format: 'qcow2', flags: ['--compression', 'none'] },
] as const

describe.each(CASES)('a containerDisk on scratch of $name', ({ format, flags }) => {
  let held: Held
  let files: readonly TarContent[]

  beforeAll(async () => {
    const reference = `${registry.address}/acme/vm:${flags.at(-1) ?? 'default'}`
    const types = ['--instancetype', 'u1.small', '--preference', 'debian']
    const source = ['--disk', disk, '--kind', 'kubevirt', '--base-image', 'scratch', '--platform', 'linux/amd64']
    await succeed(here, ...source, ...flags, ...types, '--tags', reference, '--push')
    held = await heldAt(reference)
    files = layerFiles(held, documentOf(held, held.top.digest))
  })

  it("has a disk that KubeVirt finds, QEMU may read and KubeVirt's check takes", async () => {
    const found = diskFile(files)
    if ('says' in found) throw new Error(found.says)
    expect(volumeDisk(files, '/')).toEqual(found)
    expect(mayBeRead(files, found.takes)).toEqual({ takes: true })
    const file = join(here.folder, `found.${format}`)
    await writeFile(file, found.takes.bytes)
    const { stdout } = await runCommand('qemu-img', ['info', '--output=json', file])
    const info = JSON.parse(stdout.toString())
    const probed = { format: info.format, backingFile: info['backing-filename'], sizeBytes: found.takes.sizeBytes }
    expect(verifiedDisk(probed)).toEqual({ takes: true })
    expect(info).toMatchObject({ format, 'virtual-size': 8 * 1024 * 1024 })
    await runCommand('qemu-img', ['compare', '-f', 'raw', '-F', format, disk, file])
  })

  it('is imported by CDI, from the registry and from a node, with its instance type and preference', () => {
    expect(importedByPod(held, 'amd64', true)).toMatchObject({
      takes: {
        path: `disk/vm.${format}`,
        labels: {
          'instancetype.kubevirt.io/default-instancetype': 'u1.small',
          'instancetype.kubevirt.io/default-preference': 'debian',
        },
      },
    })
    expect(servedByNode(files)).toEqual({ takes: `disk/vm.${format}` })
  })

  it('has an entrypoint that crun-vm takes for none', () => {
    const { config } = documentOf(held, held.top.digest)
    const { config: runtime } = JSON.parse(blobOf(held, config?.digest ?? '').toString('utf8'))
    expect(runtime.Entrypoint).toEqual(['no-entrypoint'])
  })
})
