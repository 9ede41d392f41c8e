import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ImageError } from '../../../src/errors.ts'
import { artifactTypes } from '../../../src/oci/artifact.ts'
import type { Descriptor } from '../../../src/oci/descriptor.ts'
import type { Digest } from '../../../src/oci/digest.ts'
import { imageIndex } from '../../../src/oci/index/imageindex.ts'
import { matchingDescriptor, parseIndex } from '../../../src/oci/index/index.ts'
import { mediaTypes } from '../../../src/oci/manifest.ts'
import type { Platform } from '../../../src/oci/platform.ts'
import { chosenByContainerd, chosenByPodmanMachine, nameForContainerd } from './choosers.ts'

const digestOf = (text: string): Digest => `sha256:${createHash('sha256').update(text).digest('hex')}`
const linux = (architecture: string, variant?: string): Platform => ({
  os: 'linux',
  architecture,
  ...(variant === undefined ? {} : { variant }),
})

/** What one job makes, of the same kinds as the others: for a container or an artifact, and for podman machine. */
const build = (has: { first: boolean; diskTypes: readonly string[] }, platform: Platform): readonly Descriptor[] => {
  const entry = (of: Platform, change: Partial<Descriptor>): Descriptor => {
    const about = { platform: of, ...change }
    return { mediaType: mediaTypes.manifest, digest: digestOf(JSON.stringify(about)), size: 100, ...about }
  }
  const architecture = platform.architecture === 'amd64' ? 'x86_64' : 'aarch64'
  const machines = has.diskTypes.map((disktype) =>
    entry(linux(architecture), { artifactType: artifactTypes.podmanMachine, annotations: { disktype } }),
  )
  return [...(has.first ? [entry(platform, {})] : []), ...machines]
}

/** One platform of each architecture that podman machine runs on, and the rest without a machine. */
const merged = fc
  .record({
    first: fc.boolean(),
    diskTypes: fc.subarray(['qemu', 'applehv', 'hyperv']),
    amd64: fc.option(fc.constantFrom(undefined, 'v1', 'v2', 'v3', 'v4'), { nil: null }),
    arm64: fc.option(fc.constantFrom(undefined, 'v8', 'v8.2', 'v9'), { nil: null }),
    others: fc.subarray(['riscv64', 's390x', 'ppc64le', 'arm', '386']),
  })
  .map(({ first, diskTypes, amd64, arm64, others }) => [
    ...(amd64 === null ? [] : build({ first, diskTypes }, linux('amd64', amd64))),
    ...(arm64 === null ? [] : build({ first, diskTypes }, linux('arm64', arm64))),
    ...(diskTypes.length > 0 ? [] : others.flatMap((each) => build({ first, diskTypes }, linux(each)))),
  ])
  .filter((entries) => entries.length > 0)

/** Right by itself; with others it may not be. */
const single: fc.Arbitrary<Descriptor> = fc
  .record({
    digest: fc.constantFrom(...'abcdefgh').map(digestOf),
    platform: fc.constantFrom(linux('amd64'), linux('amd64', 'v1'), linux('arm64'), linux('arm64', 'v8'), linux('arm')),
    artifactType: fc.option(fc.constant(artifactTypes.disk), { nil: undefined }),
    disktype: fc.option(fc.constantFrom('qemu', 'applehv'), { nil: undefined }),
  })
  .map(({ digest, platform, artifactType, disktype }) => ({
    ...{ mediaType: mediaTypes.manifest, digest, size: 100, platform },
    ...(artifactType === undefined ? {} : { artifactType }),
    ...(disktype === undefined ? {} : { platform: linux('x86_64'), annotations: { disktype } }),
  }))

/** Anything that somebody could put together, most of it wrong. */
const careless: fc.Arbitrary<Descriptor> = fc
  .record({
    mediaType: fc.constantFrom<string>(
      mediaTypes.manifest,
      mediaTypes.manifest,
      mediaTypes.index,
      mediaTypes.dockerManifest,
    ),
    digest: fc.constantFrom('a', 'b', 'c', 'd', 'e').map(digestOf),
    size: fc.constant(100),
    platform: fc.option(
      fc.record({
        os: fc.constantFrom('linux', 'linux', 'windows', 'Linux'),
        architecture: fc.constantFrom('amd64', 'arm64', 'x86_64', 'aarch64', 'arm', 'armhf', 'x'),
        variant: fc.constantFrom(undefined, undefined, 'v1', 'v7', 'v8', ''),
      }),
      { nil: undefined, freq: 8 },
    ),
    annotations: fc.constantFrom(
      ...[undefined, undefined, { disktype: 'qemu' }, { disktype: 'hyperv' }, { disktype: 'x' }],
      { 'io.github.containers.compression.zstd': 'true' },
    ),
    artifactType: fc.constantFrom(undefined, artifactTypes.disk),
  })
  .map((entry) => JSON.parse(JSON.stringify(entry)))

const anything = fc.oneof({ weight: 8, arbitrary: single }, { weight: 1, arbitrary: careless })

const shuffled = <Value>(values: readonly Value[]) => fc.shuffledSubarray([...values], { minLength: values.length })
const isDistinct = (values: readonly string[]) => new Set(values).size === values.length

describe('an index of what jobs make', () => {
  it('is the same bytes in whatever order, and of its own entries again', () => {
    fc.assert(
      fc.property(
        merged.chain((entries) => fc.tuple(fc.constant(entries), shuffled(entries))),
        ([entries, others]) => {
          const { bytes, index } = imageIndex(entries, { a: 'b' })
          expect(imageIndex(others, { a: 'b' }).bytes.equals(bytes)).toBe(true)
          expect(imageIndex(parseIndex(bytes).manifests, { a: 'b' }).bytes.equals(bytes)).toBe(true)
          expect(new Set(index.manifests.map(({ digest }) => digest))).toEqual(
            new Set(entries.map(({ digest }) => digest)),
          )
        },
      ),
    )
  })

  it('gives containerd, on any machine, the image where there is one for its architecture', () => {
    const hosts = ['amd64', 'amd64/v1', 'amd64/v2', 'amd64/v4', 'arm64', 'arm64/v8', 'arm64/v8.5', 'arm64/v9.1']
    fc.assert(
      fc.property(merged, fc.constantFrom(...hosts), (entries, host) => {
        const [architecture = '', variant] = host.split('/')
        const wanted = linux(architecture, variant)
        const images = entries.filter(({ artifactType }) => artifactType === undefined)
        const fitting = chosenByContainerd(images, wanted)
        const { manifests } = imageIndex(entries).index
        // One for a lesser architecture, 386 or arm, is taken only where podman machine has none.
        if (fitting?.platform?.architecture !== architecture) return
        expect(chosenByContainerd(manifests, wanted)?.digest).toBe(fitting.digest)
        expect(matchingDescriptor(manifests, wanted)?.digest ?? fitting.digest).toBe(fitting.digest)
      }),
    )
  })

  it('gives podman machine the disk for its machine', () => {
    fc.assert(
      fc.property(
        merged,
        fc.constantFrom('x86_64', 'aarch64'),
        fc.constantFrom('qemu', 'applehv', 'hyperv'),
        (entries, architecture, disktype) => {
          const { manifests } = imageIndex(entries).index
          const wanted = entries.find(
            (each) => each.platform?.architecture === architecture && each.annotations?.['disktype'] === disktype,
          )
          expect(chosenByPodmanMachine(manifests, architecture, disktype)?.digest).toBe(wanted?.digest)
        },
      ),
    )
  })
})

describe('an index of anything', () => {
  it('is refused, or no consumer stumbles over it', () => {
    let emitted = 0
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 5 }), (entries) => {
        const manifests = emittedBy(entries)
        if (manifests === undefined) return
        emitted += 1
        expect(manifests.map(({ digest }) => digest).sort()).toEqual(entries.map(({ digest }) => digest).sort())
        expect(isDistinct(manifests.map(({ digest }) => digest))).toBe(true)
        for (const { mediaType, platform, annotations = {} } of manifests) {
          expect(mediaType).toBe(mediaTypes.manifest)
          expect(platform).toBeDefined()
          expect(annotations).not.toHaveProperty(['io.github.containers.compression.zstd'])
          const isMachine = /^(x86_64|aarch64)$/.test(platform?.architecture ?? '')
          expect(isMachine).toBe('disktype' in annotations)
          if (isMachine) expect(platform?.os).toBe('linux')
        }
        const machines = manifests.filter(({ annotations }) => annotations?.['disktype'] !== undefined)
        const others = manifests.slice(0, manifests.length - machines.length)
        expect(manifests).toEqual([...others, ...machines])
        expect(isDistinct(machines.map(({ platform, annotations }) => JSON.stringify([platform, annotations])))).toBe(
          true,
        )
        expect(isDistinct(others.map(({ platform = linux('') }) => nameForContainerd(platform)))).toBe(true)
      }),
      { numRuns: 2000 },
    )
    expect(emitted).toBeGreaterThan(200)
  })
})

function emittedBy(entries: readonly Descriptor[]): readonly Descriptor[] | undefined {
  try {
    return imageIndex(entries).index.manifests
  } catch (error) {
    expect(error).toBeInstanceOf(ImageError)
    return undefined
  }
}
