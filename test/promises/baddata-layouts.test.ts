import { mkdir, readdir, rm, symlink, truncate } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { layoutArchive } from '../../src/oci/store/archive.ts'
import { readLayoutFiles } from '../../src/oci/store/layoutfiles.ts'
import { readStoredTree } from '../../src/oci/store/storedtree.ts'
import { layoutViolations } from '../../src/oci/store/validate.ts'
import { flip, layoutOf, type Parts } from '../unit/oci/samplelayout.ts'
import { fuzz } from './support/fuzzed.ts'
import { sandbox } from './support/sandbox.ts'
import { Tried } from './support/tried.ts'
import { changedDocument } from './support/wilddocument.ts'

/** What happens to one of the files of a layout. */
const spoil = fc.record({
  at: fc.nat(100),
  how: fc.constantFrom(
    'nothing',
    'nothing',
    'flip',
    'cut',
    'grow',
    'remove',
    'folder',
    'link outside',
    'link to itself',
  ),
})

async function goodParts(): Promise<Parts> {
  let parts: Parts | undefined
  await using _ = await layoutOf((given) => {
    parts = structuredClone(given)
  })
  if (parts === undefined) throw new Error('no parts')
  return parts
}

async function spoiled(folder: string, { at, how }: { readonly at: number; readonly how: string }): Promise<void> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile() && !entry.parentPath.endsWith('base'))
  const chosen = files[at % files.length]
  if (chosen === undefined || how === 'nothing') return
  const path = join(chosen.parentPath, chosen.name)
  if (how === 'flip') return await flip(path, at)
  if (how === 'cut') return await truncate(path, at)
  if (how === 'grow') return await truncate(path, 10_000)
  await rm(path)
  if (how === 'folder') await mkdir(path)
  if (how === 'link outside') await symlink('/etc/shadow', path)
  if (how === 'link to itself') await symlink(chosen.name, path)
}

it('layouts on a disk are whole, or it is said what is wrong with them', async () => {
  const tried = new Tried('baddata-layouts', 'wild layouts on a disk')
  await using box = await sandbox()
  const parts = await goodParts()
  const found = { whole: 0, wrong: 0 }
  await fuzz(tried, 'layouts', {
    narrow: 600,
    values: fc.tuple(changedDocument([parts]), spoil),
    look: async ([changed, file]) => {
      const wild = Object(changed)
      // The sample needs something to put descriptors into.
      const manifest = typeof wild.manifest === 'object' && wild.manifest !== null ? wild.manifest : parts.manifest
      const index = Array.isArray(wild.index?.manifests) ? wild.index : parts.index
      await using layout = await layoutOf((given) => {
        Object.assign(given, { config: wild.config ?? 0, manifest, index: structuredClone(index) })
      })
      await spoiled(layout.folder, file)
      const violations = await layoutViolations(layout.folder)
      found[violations.length === 0 ? 'whole' : 'wrong'] += 1
      for (const text of violations)
        expect(text).toMatch(/^(?:index\.json|oci-layout|manifest|index|config|layer|blob)/)
      // What is found whole can be read and written out to its end.
      if (violations.length > 0) return
      for (const entry of (await readLayoutFiles(layout.folder)).entries) {
        const tree = await readStoredTree(layout.folder, entry)
        for await (const _ of layoutArchive(tree, { entries: [entry] }));
      }
    },
  })
  expect(Math.min(found.whole, found.wrong)).toBeGreaterThan(10)
  tried.add(
    'nothing is written anywhere',
    (await box.changes()).filter((text) => !/\/temp /.test(text)),
  )
  await tried.finish(600)
})
