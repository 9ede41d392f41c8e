import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseBuilt } from '../../src/job/builttext.ts'
import { plannedDestinations } from '../../src/job/publish.ts'
import { metadataText, UNPUBLISHED } from '../../src/job/result.ts'
import { summaryMarkdown } from '../../src/job/summary.ts'
import { changedConfig, parseConfig } from '../../src/oci/container/config.ts'
import { digestOf } from '../../src/oci/digest.ts'
import { documentBytes } from '../../src/oci/document.ts'
import { append } from '../../src/oci/image.ts'
import { imageIndex } from '../../src/oci/index/imageindex.ts'
import { matchingDescriptor, parseIndex } from '../../src/oci/index/index.ts'
import { checkedIndex, holdsIndex, partOfIndex, partOfManifest, partProblems } from '../../src/oci/index/indexpart.ts'
import { mergedIndex } from '../../src/oci/index/mergedindex.ts'
import { mediaTypes, ociManifestFrom, parseManifest } from '../../src/oci/manifest.ts'
import { plannedChildren, plannedDisks } from '../../src/plan/children.ts'
import { planLines } from '../../src/plan/lines.ts'
import { parsePlan, planText } from '../../src/plan/plantext.ts'
import { parseLogins } from '../../src/registry/login/credentials.ts'
import { rememberedFolders } from '../../src/runner.ts'
import { fuzz } from './support/fuzzed.ts'
import { BUILT, CONFIGS, INDEXES, LOGINS, MANIFESTS, PLANS, SINGLE_INDEXES } from './support/gooddocuments.ts'
import { sandbox } from './support/sandbox.ts'
import { Tried } from './support/tried.ts'
import { changedDocument, documentText } from './support/wilddocument.ts'
import { wildText } from './support/wildvalue.ts'

const PLATFORM = { os: 'linux', architecture: 'amd64' } as const
const LAYER = { diffID: digestOf('x'), mediaType: mediaTypes.layer, digest: digestOf('x'), size: 1 }
const FACTS = { platform: PLATFORM, changes: {}, epochSeconds: 0, createdBy: 'x', annotations: {} }

const documentOf = (documents: readonly unknown[]) =>
  documentText(changedDocument(documents)).map((text) => Buffer.from(text))

it('documents of registries and layouts become values that are whole, or are refused', async () => {
  const tried = new Tried('baddata-documents', 'wild manifests, indexes, configs, plans and states')
  await using box = await sandbox()

  await fuzz(tried, 'manifests', {
    narrow: 2000,
    values: documentOf(MANIFESTS),
    look: (bytes) => {
      const manifest = parseManifest(bytes)
      expect(parseManifest(documentBytes(manifest))).toEqual(manifest)
      ociManifestFrom(manifest)
    },
  })
  await fuzz(tried, 'indexes', {
    narrow: 2000,
    values: documentOf(INDEXES),
    look: (bytes) => {
      const index = parseIndex(bytes)
      expect(parseIndex(documentBytes(index))).toEqual(index)
      matchingDescriptor(index.manifests, PLATFORM)
      imageIndex(index.manifests, index.annotations)
    },
  })
  // The digests of what is beneath fit, so that all the rest is looked at.
  const above = (document: unknown, name: string, bytes: Uint8Array, place: (found: object) => unknown) => {
    const found = typeof document === 'object' && document !== null ? place(document) : undefined
    if (typeof found === 'object' && found !== null)
      Object.assign(found, { digest: digestOf(bytes), size: bytes.length })
    return Buffer.from(JSON.stringify(document) ?? name)
  }
  await fuzz(tried, 'parts of an index that is merged', {
    narrow: 1500,
    values: fc.tuple(changedDocument(SINGLE_INDEXES), changedDocument(MANIFESTS), documentOf(CONFIGS), fc.boolean()),
    look: ([indexDocument, manifestDocument, config, isIndex]) => {
      const manifest = above(structuredClone(manifestDocument), '', config, (found) => Reflect.get(found, 'config'))
      const index = above(structuredClone(indexDocument), '', manifest, (found) => Reflect.get(found, 'manifests')?.[0])
      const part =
        isIndex && holdsIndex(index, 'a')
          ? partOfIndex('a', checkedIndex('a', index), new Map([[digestOf(manifest), manifest]]))
          : partOfManifest('a', manifest, config)
      partProblems([part])
      checkedIndex('b', mergedIndex([part], []).bytes)
    },
  })
  await fuzz(tried, 'configs', {
    narrow: 2000,
    values: documentOf(CONFIGS),
    look: (bytes) => {
      const config = parseConfig(bytes)
      const changes = { env: { A: 'b' }, labels: { a: null }, expose: ['80'], volumes: ['/x'], history: null }
      const changed = changedConfig(config, { ...FACTS, changes, diffID: LAYER.diffID })
      expect(parseConfig(documentBytes(changed)).rootfs.diff_ids).toHaveLength(config.rootfs.diff_ids.length + 1)
    },
  })
  await fuzz(tried, 'images of a base that is wild', {
    narrow: 1500,
    values: fc.tuple(documentOf(MANIFESTS), documentOf(CONFIGS)),
    look: ([manifest, config]) => {
      const base = {
        manifest: parseManifest(manifest),
        config: parseConfig(config),
        blobs: new Map(),
        ...{ name: 'base', publishedName: 'base', digest: digestOf(manifest) },
      }
      const image = append(base, LAYER, FACTS)
      parseManifest(image.manifestBytes)
      expect(parseConfig(image.configBytes).rootfs.diff_ids).toHaveLength(image.manifest.layers.length)
    },
  })
  await fuzz(tried, 'plans between the steps', {
    narrow: 2000,
    values: documentText(changedDocument(PLANS)),
    look: (text) => {
      const plan = parsePlan(text)
      expect(JSON.parse(planText(plan))).toEqual(JSON.parse(text))
      planLines(plan)
      plannedDestinations(plan)
      plannedChildren(plan)
      expect(plannedDisks(plan).length).toBeGreaterThan(0)
    },
  })
  const plan = parsePlan(JSON.stringify(PLANS[0]))
  await fuzz(tried, 'results between the steps', {
    narrow: 2000,
    values: documentText(changedDocument([BUILT])),
    look: (text) => {
      const built = parseBuilt(text)
      metadataText(built, UNPUBLISHED)
      summaryMarkdown(plan, built, { tags: [], exports: [], image: 'ghcr.io/acme/x@sha256:1' })
    },
  })
  await fuzz(tried, 'states that the post step trusts', {
    narrow: 1000,
    values: fc.oneof(documentText(changedDocument([['/tmp/kiwi-oci-a', '/tmp/kiwi-oci-b']])), wildText),
    look: (text) => {
      // Node takes no NUL into the environment, nor does the kernel.
      process.env['STATE_folders'] = text.replaceAll('\0', '')
      for (const folder of rememberedFolders()) expect(folder).toMatch(/^\/.*\/kiwi-oci-[^/]*$/s)
    },
  })
  await fuzz(tried, 'files of logins', {
    narrow: 1000,
    values: documentText(changedDocument(LOGINS)),
    look: (text) => parseLogins(text, '/auth.json'),
  })

  tried.add('nothing is written anywhere', await box.changes())
  await tried.finish(15_000)
})
