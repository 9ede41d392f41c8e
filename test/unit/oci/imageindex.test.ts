import { describe, expect, it } from 'vitest'
import { ImageError } from '../../../src/errors.ts'
import { artifactTypes } from '../../../src/oci/artifact.ts'
import type { Descriptor } from '../../../src/oci/descriptor.ts'
import { imageIndex } from '../../../src/oci/index/imageindex.ts'
import { parseIndex } from '../../../src/oci/index/index.ts'
import { indexRuleViolations } from '../../../src/oci/index/indexrules.ts'
import { mediaTypes } from '../../../src/oci/manifest.ts'
import { sha256 } from './samplebase.ts'

const entry = (architecture: string, change: Partial<Descriptor> = {}): Descriptor => ({
  mediaType: mediaTypes.manifest,
  digest: sha256(`${architecture} ${JSON.stringify(change)}`),
  size: 5,
  platform: { os: 'linux', architecture },
  ...change,
})
const machine = (architecture: string, disktype: string) => entry(architecture, { annotations: { disktype } })

/** In the one order that there is. */
const everything = [
  entry('amd64'),
  entry('arm64'),
  entry('arm64', { platform: { os: 'linux', architecture: 'arm64', variant: 'v9' } }),
  entry('s390x'),
  machine('aarch64', 'applehv'),
  machine('x86_64', 'qemu'),
  machine('x86_64', 'applehv'),
  machine('x86_64', 'hyperv'),
]

describe('imageIndex', () => {
  it('has one order, the disks of podman machine last', () => {
    expect(imageIndex([...everything].reverse()).index.manifests).toEqual(everything)
  })

  it('has a descriptor of its bytes without platform, and its annotations sorted', () => {
    const { index, bytes, descriptor } = imageIndex([entry('amd64')], { b: '2', a: '1' })
    expect(descriptor).toEqual({ mediaType: mediaTypes.index, digest: sha256(bytes), size: bytes.length })
    expect(parseIndex(bytes, mediaTypes.index)).toEqual(index)
    expect(bytes.toString()).toContain('"annotations":{"a":"1","b":"2"}')
    expect(imageIndex([entry('amd64')]).index).not.toHaveProperty('annotations')
  })

  it('says the same entry in the same bytes, however it was read', () => {
    const read = {
      size: 5,
      artifactType: 'a/b',
      annotations: { b: '2', a: '1' },
      platform: { variant: 'v8', os: 'linux', 'os.version': 'x', architecture: 'arm64' },
      digest: sha256('x'),
      mediaType: mediaTypes.manifest,
      data: 'e30=',
    }
    const digest = sha256('x')
    expect(imageIndex([read]).bytes.toString()).toContain(
      `"manifests":[{"mediaType":"${mediaTypes.manifest}","digest":"${digest}","size":5,"annotations":{"a":"1","b":"2"},"platform":{"architecture":"arm64","os":"linux","variant":"v8"}}]`,
    )
  })

  it('refuses what breaks a rule, in one line', () => {
    const twice = [entry('amd64'), entry('amd64', { size: 6 })]
    expect(() => imageIndex(twice)).toThrow(ImageError)
    expect(() => imageIndex(twice)).toThrow(
      'the index is not a valid OCI image: entries 1, 2 are for linux/amd64, and nothing tells which one to take',
    )
  })
})

describe('indexRuleViolations', () => {
  it('has none with all that we make', () => {
    expect(indexRuleViolations(everything)).toEqual([])
  })

  it.each<[string, readonly Descriptor[], string]>([
    ['no entries', [], 'it has no entries'],
    ['an entry without platform', [{ ...entry('amd64'), platform: undefined } as never], 'entry 1 has no platform'],
    [
      'an image and an artifact of one platform',
      [entry('arm64'), entry('arm64', { artifactType: artifactTypes.disk })],
      'entries 1, 2 are for linux/arm64',
    ],
    [
      'one platform under two names',
      [entry('arm64'), entry('arm64', { platform: { os: 'linux', architecture: 'arm64', variant: 'v8' } })],
      'entries 1, 2 are for linux/arm64',
    ],
    ['a machine without disktype', [entry('x86_64')], 'entry 1 has no annotation disktype'],
    [
      'an unknown disktype',
      [machine('x86_64', 'wsl')],
      'entry 1 has the disktype wsl instead of qemu, applehv, hyperv',
    ],
    [
      'one disktype twice',
      [machine('aarch64', 'qemu'), { ...machine('aarch64', 'qemu'), digest: sha256('y') }],
      'entries 1, 2 are the disk of podman machine for aarch64 qemu',
    ],
    [
      'a disktype of a container',
      [entry('amd64', { annotations: { disktype: 'qemu' } })],
      'entry 1 has a disktype for no machine of podman',
    ],
    [
      'one manifest twice',
      [entry('amd64', { digest: sha256('z') }), { ...machine('x86_64', 'qemu'), digest: sha256('z') }],
      `entries 1, 2 name ${sha256('z')}`,
    ],
    [
      'the annotation by which c/image prefers an entry',
      [entry('amd64', { annotations: { 'io.github.containers.compression.zstd': 'true' } })],
      'entry 1 has the annotation io.github.containers.compression.zstd',
    ],
    ["docker's manifest", [entry('amd64', { mediaType: mediaTypes.dockerManifest })], 'entry 1 has the media type'],
    ['an index in it', [entry('amd64', { mediaType: mediaTypes.index })], 'entry 1 has the media type'],
    ['a word that is not of Go', [entry('armhf')], "entry 1 is for linux/armhf, which is no platform in Go's words"],
    [
      'an unknown system',
      [entry('amd64', { platform: { os: 'Linux', architecture: 'amd64' } })],
      'entry 1 is for Linux',
    ],
    [
      'a machine of another system',
      [{ ...machine('x86_64', 'hyperv'), platform: { os: 'windows', architecture: 'x86_64' } }],
      'entry 1 is for windows/x86_64, which no machine of podman is',
    ],
    [
      'an image behind what containerd would take for it',
      [machine('x86_64', 'qemu'), entry('amd64')],
      'entry 2 has to come before entry 1',
    ],
  ])('finds %s', (_, entries, line) => {
    const violations = indexRuleViolations(entries)
    expect(violations).toEqual([expect.stringContaining(line)])
  })
})
