import { rm, truncate } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { mediaTypes } from '../../../src/oci/manifest.ts'
import { layoutViolations } from '../../../src/oci/store/validate.ts'
import { sha256 } from './samplebase.ts'
import { flip } from './samplelayout.ts'
import { type TreeParts, treeOf } from './sampletree.ts'

type Sample = Awaited<ReturnType<typeof treeOf>>

const changed = async (change: (parts: TreeParts) => void) => {
  await using tree = await treeOf(change)
  return await layoutViolations(tree.folder)
}
const layerOf = ({ machine }: TreeParts) => machine.manifest.layers[0] ?? {}

describe('layoutViolations of an index', () => {
  it('finds none in a valid one', async () => {
    await using tree = await treeOf()
    expect(await layoutViolations(tree.folder)).toEqual([])
  })

  it.each<[string, (tree: Sample) => string]>([
    ['index', ({ top }) => top.digest],
    ['manifest', ({ children }) => children[1]?.digest ?? ''],
    ['blob', ({ disk }) => disk],
    ['layer', ({ layers }) => layers[0]?.digest ?? ''],
  ])('finds an edited and a missing %s', async (subject, digestOf) => {
    await using tree = await treeOf()
    const digest = digestOf(tree)
    await flip(tree.file(digest), 2)
    const edited = `${subject} ${digest}: holds sha256:`
    expect(await layoutViolations(tree.folder)).toContainEqual(expect.stringContaining(edited))
    await rm(tree.file(digest))
    expect(await layoutViolations(tree.folder)).toContainEqual(`${subject} ${digest}: is missing`)
  })

  it('hashes no blob that was written just now, and finds one that is missing or cut all the same', async () => {
    await using tree = await treeOf()
    const { disk } = tree
    const written = new Map([[disk, undefined]])
    await flip(tree.file(disk), 2)
    expect(await layoutViolations(tree.folder, { written })).toEqual([])
    await truncate(tree.file(disk), 7)
    expect(await layoutViolations(tree.folder, { written })).toContainEqual(
      expect.stringContaining(`blob ${disk}: has 7 bytes instead of`),
    )
    await rm(tree.file(disk))
    expect(await layoutViolations(tree.folder, { written })).toContainEqual(`blob ${disk}: is missing`)
  })

  it.each<[string, (parts: TreeParts) => void, string]>([
    [
      'a platform of the index',
      ({ top }) => Object.assign(top, { platform: { architecture: 'amd64', os: 'linux' } }),
      'it has a platform in index.json',
    ],
    ['an entry without platform', ({ machine }) => delete machine.entry['platform'], 'entry 2 has no platform'],
    [
      'a machine without disktype',
      ({ machine }) => delete machine.entry['annotations'],
      'entry 2 has no annotation disktype',
    ],
    [
      'two entries of one platform',
      ({ machine }) =>
        Object.assign(machine, {
          entry: { ...machine.entry, annotations: {}, platform: { architecture: 'amd64', os: 'linux' } },
        }),
      'entries 1, 2 are for linux/amd64',
    ],
    [
      'an index in the index',
      ({ index }) =>
        index.manifests.push({
          mediaType: mediaTypes.index,
          digest: sha256('x'),
          size: 3,
          platform: { architecture: 'arm64', os: 'linux' },
        }),
      `entry 3 has the media type ${mediaTypes.index}`,
    ],
    ['an index with layers', ({ index }) => Object.assign(index, { layers: [] }), 'it has layers, which no index has'],
    [
      'an image for another platform than its entry',
      ({ image }) => Object.assign(image.config, { architecture: 'arm64' }),
      'its index says it is for linux/amd64, its config for linux/arm64',
    ],
    [
      'an artifact for another platform than its entry',
      ({ machine }) => Object.assign(machine.config, { architecture: 'aarch64' }),
      'it is announced for linux/x86_64, its config is for linux/aarch64',
    ],
    [
      'an image that is announced as an artifact',
      ({ image }) => Object.assign(image.entry, { artifactType: 'a/b' }),
      'it is announced as a/b, and is no artifact',
    ],
    [
      'an artifact that is announced as another',
      ({ machine }) => Object.assign(machine.entry, { artifactType: 'a/b' }),
      'it is announced as a/b, and is application/vnd.kiwi-oci.podman-machine.v1',
    ],
    ['an artifact without type', ({ machine }) => delete machine.manifest['artifactType'], 'it has no artifactType'],
    [
      'a second blob',
      ({ machine }) => machine.manifest.layers.push({ ...machine.manifest.layers[0] }),
      'it has 2 blobs instead of one',
    ],
    ['no blob', ({ machine }) => machine.manifest.layers.pop(), 'it has 0 blobs instead of one'],
    [
      'a blob that is called a layer',
      (parts) => Object.assign(layerOf(parts), { mediaType: mediaTypes.layerZstd }),
      `its blob has the media type ${mediaTypes.layerZstd}`,
    ],
    ['a blob without title', (parts) => delete layerOf(parts)['annotations'], 'its blob has no title'],
    [
      'a title in a folder',
      (parts) => Object.assign(layerOf(parts), { annotations: { 'org.opencontainers.image.title': '../x' } }),
      'its title "../x" holds a folder',
    ],
    [
      'a config of another blob',
      ({ machine }) => Object.assign(machine.config, { blob: sha256('x') }),
      `its config is of the blob ${sha256('x')}`,
    ],
    ['a config without disk', ({ machine }) => delete machine.config['disk'], 'its config says nothing of the disk'],
    [
      'an empty config, which artifacts of others share',
      ({ machine }) => Object.assign(machine.manifest.config, { mediaType: 'application/vnd.oci.empty.v1+json' }),
      'has the media type application/vnd.oci.empty.v1+json, no OCI config',
    ],
  ])('finds %s', async (_, change, line) => {
    expect(await changed(change)).toContainEqual(expect.stringContaining(line))
  })
})
