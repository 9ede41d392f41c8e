import { describe, expect, it } from 'vitest'
import { importedByPod, servedByNode } from '../../support/consumers/cdi.ts'
import { diskFile, mayBeRead, type Probed, verifiedDisk, volumeDisk } from '../../support/consumers/containerdisk.ts'
import { type Case, casesOf, heldOf } from '../../support/consumers/fixture.ts'
import { blobOf, documentOf, type Verdict } from '../../support/consumers/held.ts'
import { machineDisk } from '../../support/consumers/machine.ts'
import { type TarContent, tarFiles } from '../../support/consumers/tarfile.ts'

/** What the real consumer said, or `taken`. */
const said = ({ says }: Case) => says ?? 'taken'
const answer = (verdict: Verdict<unknown>) => ('says' in verdict ? verdict.says : 'taken')

/** The files of the only layer. */
function filesOf(each: Case): readonly TarContent[] {
  const held = heldOf(each)
  const [layer] = documentOf(held, held.top.digest).layers ?? []
  return tarFiles(blobOf(held, layer?.digest ?? ''))
}

function containerDisk(each: Case & { readonly probe?: Probed }): Verdict<unknown> {
  const files = filesOf(each)
  const disk = diskFile(files)
  if ('says' in disk) return disk
  const read = mayBeRead(files, disk.takes)
  if ('says' in read || each.probe === undefined) return read
  return verifiedDisk(each.probe)
}

describe("podman machine's rules say what podman said of", () => {
  it.each(casesOf('podman-machine'))('$name', (each) => {
    expect(answer(machineDisk(heldOf(each), { architecture: 'x86_64', diskType: 'qemu' }))).toBe(said(each))
  })
})

describe("CDI's rules say what its importer said of", () => {
  it.each(casesOf('cdi-pod'))('$name', (each) => {
    const { architecture } = each
    expect(answer(importedByPod(heldOf(each), 'amd64', architecture !== undefined))).toBe(said(each))
  })
})

describe("CDI's rules say what its server in the image says of", () => {
  it.each(casesOf('cdi-node'))('$name', (each) => {
    expect(answer(servedByNode(filesOf(each)))).toBe(said(each))
  })
})

describe("KubeVirt's rules say what it says of", () => {
  it.each(casesOf('containerdisk'))('$name', (each) => {
    expect(answer(containerDisk(each))).toBe(said(each))
  })
})

it("KubeVirt's rules take the only file of an artifact, and /disk of an image", () => {
  const [disk, readme] = ['disk.qcow2', 'readme'].map((path) => file(path))
  const folder: TarContent = { ...file('disk/'), kind: 'folder', mode: 0o555 }
  expect(volumeDisk([disk as TarContent], '/v')).toEqual({ takes: disk })
  expect(volumeDisk([folder, file('disk/d')], '/v')).toEqual({ takes: file('disk/d') })
  expect(volumeDisk([disk as TarContent, readme as TarContent], '/v')).toEqual({
    says: 'could not determine disk file in image volume root /v (found 2 entries, no /disk directory)',
  })
})

it("CDI's rules make labels of the environment as it does", () => {
  const [smallest] = casesOf('cdi-pod')
  const config = {
    architecture: 'amd64',
    config: { Env: ['INSTANCETYPE_KUBEVIRT_IO_DEFAULT_INSTANCETYPE=u1.small', 'A=b'] },
  }
  const held = heldOf({ ...(smallest as Case), parts: { ...smallest?.parts, CONFIG: config } })
  expect(importedByPod(held, 'amd64')).toMatchObject({
    takes: { path: 'disk/disk.qcow2', labels: { 'instancetype.kubevirt.io/default-instancetype': 'u1.small' } },
  })
})

function file(path: string): TarContent {
  return { path, kind: 'file', mode: 0o444, uid: 107, gid: 107, sizeBytes: 0, bytes: Buffer.alloc(0) }
}
