import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { ImageError } from '../../../src/errors.ts'
import { isDigest } from '../../../src/oci/digest.ts'
import { parseIndex } from '../../../src/oci/index/index.ts'
import { parseManifest } from '../../../src/oci/manifest.ts'

const digest = fc.oneof(
  fc.constant(`sha256:${'a'.repeat(64)}`),
  fc.constantFrom('sha256:../../etc/passwd', `sha256:${'A'.repeat(64)}`, `sha512:${'a'.repeat(128)}`, 'sha256:', ''),
  fc.string(),
)
const descriptor = fc.record(
  {
    mediaType: fc.oneof(fc.constant('application/vnd.oci.image.layer.v1.tar+gzip'), fc.string()),
    digest,
    size: fc.oneof(fc.nat(), fc.integer(), fc.double(), fc.constant('5')),
    urls: fc.array(fc.string()),
    platform: fc.oneof(fc.record({ os: fc.string(), architecture: fc.string() }), fc.jsonValue()),
  },
  { requiredKeys: [] },
)
const document = fc.record(
  {
    schemaVersion: fc.constantFrom(2, 1, '2'),
    mediaType: fc.constantFrom('application/vnd.oci.image.manifest.v1+json', 'application/vnd.oci.image.index.v1+json'),
    config: descriptor,
    layers: fc.array(fc.oneof(descriptor, fc.jsonValue())),
    manifests: fc.array(fc.oneof(descriptor, fc.jsonValue())),
    annotations: fc.oneof(fc.dictionary(fc.string(), fc.string()), fc.jsonValue()),
  },
  { requiredKeys: [] },
)
const bytes = fc.oneof(
  document.map((value) => Buffer.from(JSON.stringify(value))),
  fc.uint8Array().map((array) => Buffer.from(array)),
)

describe('any document', () => {
  it('is a manifest of valid digests and sizes, or refused with an ImageError', () => {
    fc.assert(
      fc.property(bytes, (given) => {
        const descriptors = attempt(() => {
          const { config, layers } = parseManifest(given)
          return [config, ...layers]
        })
        expect(
          descriptors.every(({ digest: own, size }) => isDigest(own) && Number.isSafeInteger(size) && size >= 0),
        ).toBe(true)
      }),
      { numRuns: 10_000 },
    )
  })

  it('is never both an index and a manifest', () => {
    fc.assert(
      fc.property(bytes, (given) => {
        const [asManifest, asIndex] = [attempt(() => [parseManifest(given)]), attempt(() => [parseIndex(given)])]
        expect(asManifest.length + asIndex.length).toBeLessThan(2)
      }),
      { numRuns: 2000 },
    )
  })
})

function attempt<Value>(parse: () => readonly Value[]): readonly Value[] {
  try {
    return parse()
  } catch (error) {
    if (error instanceof ImageError) return []
    throw error
  }
}
