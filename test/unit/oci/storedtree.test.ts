import { readFile, stat, writeFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { ImageError } from '../../../src/errors.ts'
import type { Descriptor } from '../../../src/oci/descriptor.ts'
import { containerOf, readStoredTree } from '../../../src/oci/store/storedtree.ts'
import { sha256 } from './samplebase.ts'
import { treeOf } from './sampletree.ts'

describe('readStoredTree', () => {
  it('has every blob of an index once, each before what names it, with its size and file', async () => {
    await using tree = await treeOf()
    const { blobs, images } = await readStoredTree(tree.folder, tree.top as unknown as Descriptor)
    const digests = blobs.map(({ digest }) => digest)
    expect(new Set(digests).size).toBe(digests.length)
    expect(digests.at(-1)).toBe(tree.top.digest)
    expect(images.map(({ descriptor }) => descriptor.digest)).toEqual(tree.children.map(({ digest }) => digest))
    // The index, two manifests, two configs, three layers, one disk.
    expect(blobs).toHaveLength(9)
    for (const { digest, sizeBytes, file } of blobs) {
      expect(sha256(await readFile(file))).toBe(digest)
      expect((await stat(file)).size).toBe(sizeBytes)
    }
  })

  it('takes the image of an index for the container', async () => {
    await using tree = await treeOf()
    const stored = await readStoredTree(tree.folder, tree.top as unknown as Descriptor)
    expect(containerOf(stored)?.descriptor.digest).toBe(tree.children[0]?.digest)
  })

  it('is one image alone where the descriptor is of a manifest', async () => {
    await using tree = await treeOf()
    const [image, machine] = tree.children as unknown as [Descriptor, Descriptor]
    const stored = await readStoredTree(tree.folder, image)
    expect(stored.images).toHaveLength(1)
    expect(stored.index).toBeUndefined()
    expect(stored.blobs).toEqual(stored.images[0]?.blobs)
    expect(containerOf(stored)?.descriptor).toEqual(image)
    expect(containerOf(await readStoredTree(tree.folder, machine))).toBeUndefined()
  })

  it('refuses an index that is another by now', async () => {
    await using tree = await treeOf()
    await writeFile(tree.file(tree.top.digest), '{}')
    await expect(readStoredTree(tree.folder, tree.top as unknown as Descriptor)).rejects.toThrow(ImageError)
  })
})
