import { execFile } from 'node:child_process'
import { cp, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { blobPath } from '../../../src/oci/store/layout.ts'
import { type Base, makeBase } from '../../support/base.ts'
import { coded } from '../../support/coded.ts'
import { digestAt, type Exporting, exporting, sourceOf } from './exporting.ts'

let base: Base
let other: Base
let here: Exporting

beforeAll(async () => {
  base = await makeBase()
  other = await makeBase('two')
})
afterAll(async () => {
  await base?.[Symbol.asyncDispose]()
  await other?.[Symbol.asyncDispose]()
})
beforeEach(async () => {
  here = await exporting()
})
afterEach(() => here[Symbol.asyncDispose]())

const at = (...parts: string[]) => join(here.folder, ...parts)
const skopeo = (...args: string[]) => promisify(execFile)('skopeo', args)

it('writes the same files as skopeo, with our digest', async () => {
  await here.write('dir:@/ours', await sourceOf(base))
  await skopeo('copy', '--quiet', '--preserve-digests', `oci:${base.layout}:amd64`, `dir:${at('theirs')}`)
  expect(await digestAt(`dir:${at('ours')}`)).toBe(base.digests.amd64)
  const names = await readdir(at('theirs'))
  expect(await readdir(at('ours'))).toEqual(names)
  for (const name of names) expect(await readFile(at('ours', name))).toEqual(await readFile(at('theirs', name)))
})

it("replaces an image that skopeo wrote, and leaves the user's own files", async () => {
  await skopeo('copy', '--quiet', `oci:${other.layout}:amd64`, `dir:${at('image')}`)
  await writeFile(at('image', 'notes.txt'), '')
  await here.write('dir:@/image', await sourceOf(base))
  expect(await digestAt(`dir:${at('image')}`)).toBe(base.digests.amd64)
  await skopeo('copy', '--quiet', `dir:${at('image')}`, `oci:${at('whole')}:x`)
  await here.write('dir:@/fresh', await sourceOf(base))
  expect((await readdir(at('image'))).filter((name) => name !== 'notes.txt')).toEqual(await readdir(at('fresh')))
})

it('leaves a folder alone that is no image', async () => {
  await mkdir(at('mine'))
  await writeFile(at('mine', 'version'), '1.0\n')
  await expect(here.write('dir:@/mine', await sourceOf(base))).rejects.toThrow(
    coded('host-destination', /holds something else than an image/),
  )
  expect(await readdir(at('mine'))).toEqual(['version'])
})

it.each(['new', 'empty', 'image'])('leaves what there was when it fails: %s', async (place) => {
  const layout = at('broken')
  await cp(base.layout, layout, { recursive: true })
  await rm(blobPath(layout, base.layers[1] as `sha256:${string}`))
  if (place === 'empty') await mkdir(at('empty'))
  if (place === 'image') await here.write('dir:@/image', await sourceOf(other))
  const before = await readdir(here.folder, { recursive: true })
  await expect(here.write(`dir:@/${place}`, { ...(await sourceOf(base)), layout })).rejects.toThrow('ENOENT')
  expect(await readdir(here.folder, { recursive: true })).toEqual(before)
})
