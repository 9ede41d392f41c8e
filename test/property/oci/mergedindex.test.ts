import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { LevelledAnnotation } from '../../../src/oci/annotations.ts'
import type { Digest } from '../../../src/oci/digest.ts'
import { parseIndex } from '../../../src/oci/index/index.ts'
import { type IndexPart, type PartEntry, partProblems } from '../../../src/oci/index/indexpart.ts'
import { indexRuleViolations } from '../../../src/oci/index/indexrules.ts'
import { mergedIndex } from '../../../src/oci/index/mergedindex.ts'
import { mediaTypes } from '../../../src/oci/manifest.ts'

const PLATFORMS = ['amd64', 'arm64', 'arm64/v8', 'arm/v6', 'arm/v7', 's390x', 'riscv64', 'ppc64le']
const MACHINES: Readonly<Record<string, string>> = { amd64: 'x86_64', arm64: 'aarch64', 'arm64/v8': 'aarch64' }

const text = fc.string({ maxLength: 8 })
const annotations = fc.dictionary(fc.constantFrom('a', 'b', 'org.opencontainers.image.title'), text, { maxKeys: 3 })
const levelled: fc.Arbitrary<LevelledAnnotation> = fc.record({
  levels: fc.subarray(['manifest', 'index', 'manifest-descriptor', 'index-descriptor'] as const, { minLength: 1 }),
  key: fc.constantFrom('a', 'b', 'c'),
  value: text,
})

/** What a build for a platform pushes: one container, or that and disks of podman machine where it runs some. */
const part = fc
  .record({
    platform: fc.constantFrom(...PLATFORMS),
    disks: fc.subarray(['qemu', 'applehv', 'hyperv']),
    own: annotations,
    ofEntries: annotations,
    size: fc.integer({ min: 1, max: 1_000_000 }),
    salt: fc.integer({ min: 0, max: 2 ** 40 }),
  })
  .map(({ platform, disks, own, ofEntries, size, salt }): IndexPart => {
    const [architecture = '', variant] = platform.split('/')
    const machine = MACHINES[platform]
    const entry = (at: number, kind: string, entryPlatform: PartEntry['descriptor']['platform'], more = {}) => ({
      descriptor: {
        mediaType: mediaTypes.manifest,
        digest: `sha256:${(salt * 8 + at).toString(16).padStart(64, '0')}` as Digest,
        size,
        annotations: { ...ofEntries, ...more },
        ...(entryPlatform === undefined ? {} : { platform: entryPlatform }),
      },
      kind,
    })
    const container = entry(0, 'container', { os: 'linux', architecture, ...(variant ? { variant } : {}) })
    const machines = machine === undefined ? [] : disks
    const others = machines.map((disktype, at) =>
      entry(at + 1, 'podman-machine', { os: 'linux', architecture: machine ?? '' }, { disktype }),
    )
    return { name: `r/a@${salt}`, entries: [container, ...others], annotations: own }
  })

const together = fc
  .uniqueArray(part, { minLength: 1, maxLength: 5, selector: ({ name }) => name })
  .filter((parts) => partProblems(parts).length === 0)

describe('parts that go together', () => {
  it('are one index that breaks no rule, the same bytes in any order', () => {
    fc.assert(
      fc.property(together, fc.array(levelled, { maxLength: 4 }), fc.nat(), (parts, given, turn) => {
        const merged = mergedIndex(parts, given)
        expect(indexRuleViolations(merged.index.manifests)).toEqual([])
        expect(parseIndex(merged.bytes)).toEqual(merged.index)
        const at = turn % parts.length
        const turned = [...parts.slice(at), ...parts.slice(0, at)].map((each) => ({
          ...each,
          entries: each.entries.toReversed(),
        }))
        expect(mergedIndex(turned, given).bytes.equals(merged.bytes)).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('keep every entry with its size, its platform and its disk type, and the index what all parts say', () => {
    fc.assert(
      fc.property(together, (parts) => {
        const { manifests, annotations: own = {} } = mergedIndex(parts, []).index
        const [before, after] = [parts.flatMap((each) => each.entries.map(({ descriptor }) => descriptor)), manifests]
        const facts = ({ digest, size, platform, annotations: of = {} }: (typeof after)[number]) =>
          JSON.stringify([digest, size, platform?.architecture, platform?.variant, Object.entries(of).sort()])
        expect(after.map(facts).sort()).toEqual(before.map(facts).sort())
        for (const [key, value] of Object.entries(own)) {
          expect(parts.every((each) => each.annotations[key] === value)).toBe(true)
        }
      }),
      { numRuns: 500 },
    )
  })

  it('merged once more with what was merged before are refused, for each platform is there', () => {
    fc.assert(
      fc.property(together, fc.nat(), (parts, turn) => {
        const again = parts[turn % parts.length]
        expect(partProblems([...parts, ...(again ? [again] : [])]).join()).toMatch(/for the same platform linux\//)
      }),
      { numRuns: 200 },
    )
  })
})
