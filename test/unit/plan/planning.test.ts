import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { InputError } from '../../../src/errors.ts'
import { changedConfig } from '../../../src/oci/container/config.ts'
import { parsePlan, planText } from '../../../src/plan/plantext.ts'
import { FACTS, planOf, problemsOf } from './request.ts'

let folder: string
let disk: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'planning-'))
  disk = join(folder, 'my.disk.img')
  await writeFile(disk, 'disk')
})
afterAll(() => rm(folder, { recursive: true }))

it('goes through JSON unchanged', async () => {
  const made = await planOf({ disk, tags: 'ghcr.io/a/b:1', push: 'true', 'source-date-epoch': '5' })
  expect(parsePlan(planText(made))).toEqual(made)
})

it('holds no password', async () => {
  const made = await planOf({ disk, tags: 'ghcr.io/a/b:1', username: 'me', password: 'hunter2' })
  expect(planText(made)).not.toContain('hunter2')
})

it.each(['', '[]', '{}', 'null', '{"planVersion":2}'])('is not read from %j', (text) => {
  expect(() => parsePlan(text)).toThrow(InputError)
})

it.each([
  ['a source that is none', { source: { kind: 'disk', path: '../../etc/shadow' } }],
  ['nothing to make', { kinds: [] }],
  ['a member that no plan has', { more: 1 }],
  ['a tag that is no reference', { tags: ['ghcr.io/a/b'] }],
  ['a destination that is none', { exports: ['/etc'] }],
  ['a time beyond all dates', { sourceDateEpoch: 1e15 }],
  ['a switch that is a text', { push: 'true' }],
  ['a base that is none', { base: 'nbd://x' }],
] as const)('is not read with %s', async (_, change) => {
  const made = await planOf({ disk })
  expect(() => parsePlan(JSON.stringify({ planVersion: 1, ...made, ...change }))).toThrow(
    'input plan: is not what the step before writes',
  )
})

it('sets labels after containerconfig has cleared all others', async () => {
  const { config, labels } = await planOf({ disk, containerconfig: 'labels: null', labels: 'a=b' })
  const base = {
    config: { Labels: { old: 'x' } },
    rootfs: { type: 'layers' as const, diff_ids: [] },
    architecture: 'amd64',
    os: 'linux',
  }
  const update = {
    changes: config,
    labels,
    platform: FACTS.machine,
    diffID: `sha256:${'0'.repeat(64)}` as const,
    epochSeconds: 0,
    createdBy: '',
  }
  expect(changedConfig(base, update).config?.Labels).toEqual({ a: 'b' })
})

it('clears labels where no input sets any', async () => {
  expect((await planOf({ disk, containerconfig: 'labels: null' })).config).toEqual({ labels: null })
})

it('refuses what belongs to a description beside a disk', async () => {
  expect(await problemsOf({ disk, profiles: 'a', type: 'oem', 'kiwi-arguments': '--clear-cache' })).toEqual([
    'input profiles: belongs to a description, and a disk is given: leave it out',
    'input type: belongs to a description, and a disk is given: leave it out',
    'input kiwi-arguments: belongs to a description, and a disk is given: leave it out',
  ])
})

it('refuses another platform than the one that KIWI builds for', async () => {
  const description = 'examples/debian'
  expect(await problemsOf({ description, platform: 'linux/arm64' })).toEqual([
    'input platform: KIWI builds for this machine, linux/amd64: leave platform out, or build on a machine of linux/arm64',
  ])
  expect(await problemsOf({ description, 'kiwi-global-arguments': '--target-arch=aarch64' })).toEqual([
    'input platform: --target-arch builds for another machine: set platform to the one it builds for',
  ])
})

it('knows what of the example stands for the repositories of whoever builds it', async () => {
  const made = await planOf({ description: 'examples/debian' })
  expect(made.source).toMatchObject({
    name: 'debian-example',
    version: '1.0.0',
    packageManager: 'apt',
    placeholders: [
      { where: 'config.xml:24', distribution: 'bookworm', components: ['main'], repositoryGpgcheck: true },
    ],
  })
})
