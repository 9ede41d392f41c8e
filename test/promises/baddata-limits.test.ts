import { rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { KnownError } from '../../src/errors.ts'
import { baseLayers } from '../../src/oci/baseimage.ts'
import { parseConfig } from '../../src/oci/container/config.ts'
import { digestOf } from '../../src/oci/digest.ts'
import { DOCUMENT_LIMIT_BYTES } from '../../src/oci/document.ts'
import { parseIndex } from '../../src/oci/index/index.ts'
import { LAYER_LIMIT, mediaTypes, parseManifest } from '../../src/oci/manifest.ts'
import { parseReference } from '../../src/oci/reference.ts'
import { layoutViolations } from '../../src/oci/store/validate.ts'
import { tarItems } from '../../src/oci/tar/tarreader.ts'
import { streamSource } from '../../src/oci/tar/tarsource.ts'
import { flip, layoutOf, type Parts } from '../unit/oci/samplelayout.ts'
import { Tried } from './support/tried.ts'

type Layout = Awaited<ReturnType<typeof layoutOf>>

const layer = (at: number) => ({ mediaType: mediaTypes.layer, digest: digestOf(`${at}`), size: 1 })
const manifestOf = (count: number) => ({
  schemaVersion: 2,
  config: { mediaType: mediaTypes.config, digest: digestOf('config'), size: 1 },
  layers: Array.from({ length: count }, (_, at) => layer(at)),
})
const configOf = (count: number) => ({
  architecture: 'amd64',
  os: 'linux',
  rootfs: { type: 'layers', diff_ids: Array.from({ length: count }, (_, at) => digestOf(`${at}`)) },
})
const bytesOf = (value: unknown) => Buffer.from(JSON.stringify(value))
const padded = (value: object, bytes: number) => {
  const empty = bytesOf({ ...value, annotations: { a: '' } }).length
  return bytesOf({ ...value, annotations: { a: 'x'.repeat(bytes - empty) } })
}
const nested = (value: object, depth: number) => ({
  ...value,
  more: JSON.parse(`${'['.repeat(depth)}${']'.repeat(depth)}`),
})
const sizedTar = (type: string, sizeBytes: number) => {
  const header = Buffer.alloc(512)
  header.write('name')
  header.write(`${sizeBytes.toString(8).padStart(11, '0')}\0`, 124)
  header.write(`${type}ustar\0`.padEnd(0), 156)
  header.write('        ', 148)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return header
}
async function* bytes(...chunks: readonly Buffer[]) {
  yield* chunks
}

/** What is taken at a limit, and what is not taken one beyond it. */
const LIMITS: readonly (readonly [string, (beyond: 0 | 1) => unknown])[] = [
  ['manifest of 4 MiB', (beyond) => parseManifest(padded(manifestOf(1), DOCUMENT_LIMIT_BYTES + beyond))],
  [
    'index of 4 MiB',
    (beyond) => parseIndex(padded({ schemaVersion: 2, manifests: [] }, DOCUMENT_LIMIT_BYTES + beyond)),
  ],
  ['config of 4 MiB', (beyond) => parseConfig(padded(configOf(1), DOCUMENT_LIMIT_BYTES + beyond))],
  ['manifest of 64 levels', (beyond) => parseManifest(bytesOf(nested(manifestOf(1), 63 + beyond)))],
  ['config of 64 levels', (beyond) => parseConfig(bytesOf(nested(configOf(1), 63 + beyond)))],
  ['manifest of 500 layers', (beyond) => parseManifest(bytesOf(manifestOf(LAYER_LIMIT + beyond)))],
  [
    'base of 499 layers',
    (beyond) => {
      const count = LAYER_LIMIT - 1 + beyond
      return baseLayers(parseManifest(bytesOf(manifestOf(count))), parseConfig(bytesOf(configOf(count))), 'the base')
    },
  ],
  [
    'index of 500 entries',
    (beyond) => parseIndex(bytesOf({ schemaVersion: 2, manifests: manifestOf(LAYER_LIMIT + beyond).layers })),
  ],
  ['repository of 255 characters', (beyond) => reference(`ghcr.io/${'a'.repeat(255 + beyond)}`)],
  ['tag of 128 characters', (beyond) => reference(`ghcr.io/a:${'t'.repeat(128 + beyond)}`)],
  ['port 65535', (beyond) => reference(`127.0.0.1:${65_535 + beyond}/a`)],
  [
    'size of a layer',
    (beyond) => parseManifest(bytesOf({ ...manifestOf(0), layers: [{ ...layer(0), size: 2 ** 53 - 1 + beyond }] })),
  ],
]

function reference(text: string): void {
  const parsed = parseReference(text)
  if (typeof parsed === 'string') throw new Refused(parsed)
}
class Refused extends Error {}

it('limits hold, at their boundaries and one beyond', async () => {
  const tried = new Tried('baddata-limits', 'limits at their boundaries')
  for (const [name, take] of LIMITS) {
    tried.add(`${name} is taken`, refusalOf(take, 0) === undefined ? [] : ['is refused'])
    const refusal = refusalOf(take, 1)
    const isTyped = refusal instanceof KnownError || refusal instanceof Refused
    tried.add(`${name} and one is refused`, isTyped ? [] : [`gave ${refusal}`])
  }
  for (const beyond of [0, 1] as const) {
    const size = 1024 * 1024 + beyond
    const content = Buffer.alloc(Math.ceil(size / 512) * 512)
    content.write(`${size} path=`)
    content[size - 1] = 10
    content.fill('a', 13, size - 1)
    const items = Array.fromAsync(tarItems(streamSource(bytes(sizedTar('x', size), content, sizedTar('0', 0)))))
    const [item] = await items.catch(() => [undefined])
    const isRight = (item === undefined) === (beyond === 1)
    tried.add(`extended header of a tar of 1 MiB and ${beyond}`, isRight ? [] : ['is not as it should be'])
  }
  await tried.finish(25)
})

function refusalOf(take: (beyond: 0 | 1) => unknown, beyond: 0 | 1): unknown {
  try {
    take(beyond)
    return undefined
  } catch (error) {
    return error ?? 'nothing'
  }
}

const inParts = (change: (parts: Parts) => void) => ({ change, spoil: async (_: Layout) => {} })
const inFiles = (spoil: (layout: Layout) => Promise<void>) => ({ change: (_: Parts) => {}, spoil })
const first = (parts: Parts) => parts.manifest.layers[0] as Record<string, unknown>
const entry = (parts: Parts) => parts.index.manifests[0] as Record<string, unknown>

/** Layouts as bad tools and bad people write them; skopeo lets the first fourteen through. */
const LAYOUTS: Readonly<Record<string, ReturnType<typeof inParts>>> = {
  'manifest other than index.json says': inFiles(async (layout) => await flip(layout.file(layout.manifest), 20)),
  'layer of 5 bytes by its word': inParts((parts) => Object.assign(first(parts), { size: 5 })),
  'layer of -1 byte': inParts((parts) => Object.assign(first(parts), { size: -1 })),
  'layer of half a byte': inParts((parts) => Object.assign(first(parts), { size: 0.5 })),
  'layer without size': inParts((parts) => delete first(parts)['size']),
  'unknown media type of a layer': inParts((parts) => Object.assign(first(parts), { mediaType: 'application/x' })),
  'unknown media type of the manifest': inParts((parts) => Object.assign(entry(parts), { mediaType: 'application/x' })),
  'media type that is none': inParts((parts) => Object.assign(first(parts), { mediaType: '../..' })),
  'manifest of 6 MB': inParts((parts) => Object.assign(parts.manifest, { annotations: { a: 'x'.repeat(6e6) } })),
  'no layers': inParts((parts) => Object.assign(parts.manifest, { layers: [] })),
  'layers that are no list': inParts((parts) => Object.assign(parts.manifest, { layers: {} })),
  'layer with urls': inParts((parts) => Object.assign(first(parts), { urls: ['http://127.0.0.1/'] })),
  '501 layers': inParts((parts) => Object.assign(parts.manifest, { layers: manifestOf(501).layers })),
  '20 000 layers': inParts((parts) => Object.assign(parts.manifest, { layers: manifestOf(20_000).layers })),
  'two sizes of one layer': inParts((parts) => parts.manifest.layers.push({ ...first(parts), size: 5 })),
  'flipped layer': inFiles(async (layout) => await flip(layout.file(layout.gzip.digest), 12)),
  'cut layer': inFiles(async (layout) => await truncate(layout.file(layout.gzip.digest), 10)),
  'grown layer': inFiles(async (layout) => await truncate(layout.file(layout.gzip.digest), 1000)),
  'missing layer': inFiles(async (layout) => await rm(layout.file(layout.zstd.digest))),
  'layer that is a link to /etc/shadow': inFiles(async (layout) => {
    await rm(layout.file(layout.plain.digest))
    await symlink('/etc/shadow', layout.file(layout.plain.digest))
  }),
  'digest of a layer that climbs': inParts((parts) =>
    Object.assign(first(parts), { digest: 'sha256:../../../etc/shadow' }),
  ),
  'digest in index.json that climbs': inParts((parts) => Object.assign(entry(parts), { digest: 'sha256:../../x' })),
  'short digest': inParts((parts) => Object.assign(first(parts), { digest: 'sha256:abc' })),
  'digest in capitals': inParts((parts) => Object.assign(first(parts), { digest: `sha256:${'A'.repeat(64)}` })),
  'digest of another kind': inParts((parts) => Object.assign(first(parts), { digest: `sha512:${'a'.repeat(128)}` })),
  'layers and manifests': inParts((parts) => Object.assign(parts.manifest, { manifests: [] })),
  'layers in two cases': inParts((parts) => Object.assign(parts.manifest, { Layers: [] })),
  'index with layers': inParts((parts) => Object.assign(parts.index, { layers: [] })),
  'cut manifest': inFiles(async (layout) => await truncate(layout.file(layout.manifest), 100)),
  'changed config': inFiles(async (layout) => await flip(layout.file(layout.config), 30)),
  'diff ID too many': inParts((parts) => parts.config.rootfs.diff_ids.push(digestOf('x'))),
  'diff IDs in another order': inParts((parts) => parts.config.rootfs.diff_ids.reverse()),
  'rootfs of another type': inParts((parts) => Object.assign(parts.config.rootfs, { type: 'x' })),
  'history that is no list': inParts((parts) => Object.assign(parts.config, { history: {} })),
  'date that is none': inParts((parts) => Object.assign(parts.config, { created: 'yesterday' })),
  'platform of index.json that is another': inParts((parts) =>
    Object.assign(entry(parts), { platform: { os: 'linux', architecture: 'arm64' } }),
  ),
  'name that is none': inParts((parts) =>
    Object.assign(entry(parts), { annotations: { 'org.opencontainers.image.ref.name': '../x y' } }),
  ),
  'two images of one name': inParts((parts) => parts.index.manifests.push({})),
  'no index.json': inFiles(async ({ folder }) => await rm(`${folder}/index.json`)),
  'index.json that is a folder of links': inFiles(async ({ folder }) => {
    await rm(`${folder}/index.json`)
    await symlink('index.json', `${folder}/index.json`)
  }),
  'oci-layout of another version': inFiles(
    async ({ folder }) => await writeFile(`${folder}/oci-layout`, '{"imageLayoutVersion":"2"}'),
  ),
  'name twice in index.json': inFiles(async ({ folder }) => {
    await writeFile(`${folder}/index.json`, '{"schemaVersion":2,"manifests":[],"manifests":[]}')
  }),
}

it('layouts as bad tools write them are found, also those that skopeo lets through', async () => {
  const tried = new Tried('baddata-limits', 'layouts that are wrong in one way each')
  for (const [name, { change, spoil }] of Object.entries(LAYOUTS)) {
    await using layout = await layoutOf(change)
    await spoil(layout)
    const violations = await layoutViolations(layout.folder)
    tried.add(name, violations.length > 0 ? [] : ['is not found'])
  }
  await using good = await layoutOf()
  expect(await layoutViolations(good.folder)).toEqual([])
  await tried.finish(40)
})
