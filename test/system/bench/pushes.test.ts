import { afterAll, beforeAll, expect, it } from 'vitest'
import { DISK, type Place, place } from '../../process/support/cli.ts'
import { type Base, makeBase, pushBase } from '../../support/base.ts'
import { type Access, blobUploads, type Registry, startRegistry } from '../../support/registry.ts'

let registry: Registry
let base: Base
let here: Place
beforeAll(async () => {
  registry = await startRegistry()
  base = await makeBase()
  here = await place()
  await pushBase(base, `${registry.address}/bases/one:1`)
  await here.write('disk.raw', DISK)
})
afterAll(async () => {
  await here[Symbol.asyncDispose]()
  await base[Symbol.asyncDispose]()
  await registry.stop()
})

/** Wraps the disk on the base and pushes it. @returns what the registry was asked for meanwhile */
async function pushed(tag: string, env: Readonly<Record<string, string>> = {}): Promise<readonly Access[]> {
  await registry.settled()
  const before = registry.accesses.length
  const image = ['--disk', 'disk.raw', '--base-image', `${registry.address}/bases/one:1`, '--source-date-epoch=1']
  const made = await here.run([...image, '--tags', `${registry.address}/${tag}`, '--push', '--tls-verify=false'], {
    env,
  })
  expect(made.exitCode, made.stderr).toBe(0)
  await registry.settled()
  return registry.accesses.slice(before)
}

/** Uploads begun with blobs that the registry had in another repository; distribution-spec, "Mounting a blob". */
const mounts = (accesses: readonly Access[]) =>
  accesses.filter(({ method, path, status }) => method === 'POST' && path.endsWith('/uploads/') && status === 201)
    .length

it('layers of a base at the same registry are mounted: only the disk and the config are uploaded', async () => {
  const accesses = await pushed('disks/one:1')
  expect(mounts(accesses)).toBe(2)
  expect(blobUploads(accesses)).toHaveLength(2)
})

it('the second push of the same uploads no blob, under another tag neither', async () => {
  await pushed('disks/two:1')
  expect(blobUploads(await pushed('disks/two:1'))).toEqual([])
  expect(blobUploads(await pushed('disks/two:2'))).toEqual([])
})

it('layers that our cache gave are mounted too, where skopeo fetched or pushed them on this machine before', async () => {
  await pushed('disks/three:1')
  const accesses = await pushed('disks/four:1')
  expect(accesses.filter(({ method, path }) => method === 'GET' && path.includes('/bases/one/blobs/'))).toHaveLength(1)
  expect(mounts(accesses)).toBeGreaterThanOrEqual(2)
  // The config, which skopeo never mounts.
  expect(blobUploads(accesses)).toHaveLength(1)
})
