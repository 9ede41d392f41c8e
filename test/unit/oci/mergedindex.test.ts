import { describe, expect, it } from 'vitest'
import { parseAnnotation } from '../../../src/oci/annotations.ts'
import type { Digest } from '../../../src/oci/digest.ts'
import {
  checkedIndex,
  type IndexPart,
  partOfIndex,
  partOfManifest,
  partProblems,
} from '../../../src/oci/index/indexpart.ts'
import { mergedIndex, unusedAnnotations } from '../../../src/oci/index/mergedindex.ts'
import { artifactManifest, containerManifest, indexOf, type Made, machineIndex } from '../../support/pushed.ts'

/** As a registry has it. */
function part(made: Made, name = `r/a@${made.digest.slice(0, 11)}`): IndexPart {
  if (!made.mediaType.includes('index')) return partOfManifest(name, made.bytes, made.needs.at(-1)?.bytes ?? made.bytes)
  const manifests = new Map<Digest, Uint8Array>(made.needs.map(({ digest, bytes }) => [digest, bytes]))
  return partOfIndex(name, checkedIndex(name, made.bytes), manifests)
}

const annotations = (...texts: string[]) =>
  texts.flatMap((text) => {
    const parsed = parseAnnotation(text)
    if (typeof parsed === 'string') throw new Error(parsed)
    return parsed
  })

const entriesOf = (parts: readonly IndexPart[], ...texts: string[]) =>
  mergedIndex(parts, annotations(...texts)).index.manifests

describe('the index of single manifests', () => {
  const amd64 = part(containerManifest('amd64'))
  const arm64 = part(containerManifest('arm64'))

  it('takes the platforms from their configs, with the variant', () => {
    expect(entriesOf([arm64, amd64]).map(({ platform }) => platform)).toEqual([
      { architecture: 'amd64', os: 'linux' },
      { architecture: 'arm64', os: 'linux', variant: 'v8' },
    ])
  })

  it('takes the platform of an artifact from its config, and leaves its type to the manifest', () => {
    const disks = ['arm64', 'amd64'].map((each) => part(artifactManifest(each)))
    expect(partProblems(disks)).toEqual([])
    expect(entriesOf(disks).map(({ platform, artifactType }) => [platform?.architecture, artifactType])).toEqual([
      ['amd64', undefined],
      ['arm64', undefined],
    ])
  })

  it('is the same bytes in any order', () => {
    const [one, other] = [mergedIndex([amd64, arm64], []), mergedIndex([arm64, amd64], [])]
    expect(other.bytes.equals(one.bytes)).toBe(true)
    expect(other.descriptor).toEqual(one.descriptor)
  })

  it('may be of one image alone', () => {
    expect(partProblems([amd64])).toEqual([])
    expect(entriesOf([amd64])).toHaveLength(1)
  })

  it('is refused of what says no platform', () => {
    expect(() => part(artifactManifest(undefined), 'r/a@x')).toThrow(
      'r/a@x is not a valid OCI image: its config says no architecture and os, so nothing tells which platform it is for',
    )
  })

  it("is refused of Docker's manifests, whose indexes lose annotations", () => {
    const docker = containerManifest('amd64', '', 'application/vnd.docker.distribution.manifest.v2+json')
    expect(() => part(docker)).toThrow(/entry 1 has the media type application\/vnd\.docker/)
  })

  it('is refused of a config that is another than the manifest names', () => {
    const { bytes } = containerManifest('amd64')
    expect(() => partOfManifest('r/a', bytes, Buffer.from('{}'))).toThrow(/its config is not the sha256:/)
  })
})

describe('the index of indexes', () => {
  it('has their entries with the annotations of these, containers before the disks of podman machine', () => {
    const merged = mergedIndex([part(machineIndex('arm64')), part(machineIndex('amd64'))], [])
    expect(merged.index.manifests.map(({ platform, annotations: own }) => [platform?.architecture, own])).toEqual([
      ['amd64', undefined],
      ['arm64', undefined],
      ['aarch64', { disktype: 'qemu' }],
      ['x86_64', { disktype: 'qemu' }],
    ])
  })

  it('keeps annotations that are the same in all, and the input wins over them', () => {
    const parts = [
      part(machineIndex('amd64', { both: '1', one: 'a', mine: 'x' })),
      part(machineIndex('arm64', { both: '1', one: 'b', mine: 'x' })),
    ]
    expect(mergedIndex(parts, annotations('index:mine=y', 'index:new=z')).index.annotations).toEqual({
      both: '1',
      mine: 'y',
      new: 'z',
    })
  })

  it('keeps no annotations where one part has no index', () => {
    const single = indexOf(
      [{ manifest: containerManifest('amd64'), platform: { os: 'linux', architecture: 'amd64' } }],
      {
        a: '1',
      },
    )
    expect(mergedIndex([part(single), part(containerManifest('arm64'))], []).index.annotations).toBeUndefined()
  })

  it('is refused of an entry without platform, of an index in an index, and of a wrong size', () => {
    const manifest = containerManifest('amd64')
    expect(() => part(indexOf([{ manifest }]))).toThrow(/entry 1 has no platform/)
    const platform = { os: 'linux', architecture: 'amd64' }
    expect(() => part(indexOf([{ manifest: machineIndex('amd64'), platform }]))).toThrow(
      /entry 1 has the media type application\/vnd\.oci\.image\.index/,
    )
    const index = indexOf([{ manifest, platform }])
    const larger = { ...index, needs: [{ ...manifest, bytes: Buffer.concat([manifest.bytes, Buffer.from(' ')]) }] }
    expect(() => part(larger)).toThrow(/it says \d+ bytes of sha256:/)
  })

  it('is refused where one part alone breaks a rule: two disks of one machine', () => {
    const platform = { os: 'linux', architecture: 'x86_64' }
    const disks = ['a', 'b'].map((type) => ({
      manifest: artifactManifest('x86_64', `application/vnd.${type}`),
      platform,
      annotations: { disktype: 'qemu' },
    }))
    expect(() => part(indexOf(disks))).toThrow(/entries 1, 2 are the disk of podman machine for x86_64 qemu/)
  })
})

describe('annotations', () => {
  const parts = [part(machineIndex('amd64')), part(machineIndex('arm64'))]

  it('of manifest-descriptor go on the entries, of one platform only on its own, and keep disktype', () => {
    const entries = entriesOf(parts, 'manifest-descriptor:a=1', 'manifest-descriptor[linux/amd64]:b=2')
    expect(entries.map(({ platform, annotations: own }) => [platform?.architecture, own])).toEqual([
      ['amd64', { a: '1', b: '2' }],
      ['arm64', { a: '1' }],
      ['aarch64', { a: '1', disktype: 'qemu' }],
      ['x86_64', { a: '1', b: '2', disktype: 'qemu' }],
    ])
  })

  it('that no level of the index takes are named', () => {
    const given = annotations(
      'plain=1',
      'manifest,index:both=1',
      'index-descriptor:out=1',
      'manifest-descriptor[linux/s390x]:elsewhere=1',
      'manifest-descriptor[linux/arm64]:there=1',
    )
    expect(unusedAnnotations(parts, given).map(({ key }) => key)).toEqual(['plain', 'out', 'elsewhere'])
  })
})

describe('parts that do not go together', () => {
  it('are for one platform, whatever it is called', () => {
    const parts = [part(containerManifest('arm64'), 'r/a@1'), part(machineIndex('arm64'), 'r/a@2')]
    expect(partProblems(parts)).toEqual([
      'r/a@1 and r/a@2 are for the same platform linux/arm64: give one for each',
      'the images are not of the same kinds: r/a@1 has container, r/a@2 has container and podman-machine: build all with the same kind',
    ])
  })

  it('are of kinds that only some have, foreign ones by their type', () => {
    const parts = [
      part(artifactManifest('amd64'), 'r/a@1'),
      part(artifactManifest('arm64', 'application/vnd.x'), 'r/a@2'),
    ]
    expect(partProblems(parts)).toEqual([
      'the images are not of the same kinds: r/a@1 has artifact, r/a@2 has artifact of type application/vnd.x: build all with the same kind',
    ])
  })
})
