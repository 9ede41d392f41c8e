import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import type { Platform } from '../../../src/oci/platform.ts'
import { resolveBase } from '../../../src/registry/base/base.ts'
import { type OpenBase, openBase } from '../../../src/registry/base/openbase.ts'
import { type Base, makeBase, pushBase } from '../../support/base.ts'
import { type Registry, startRegistry, type TestAccess, testAccess } from '../../support/registry.ts'

const AMD64: Platform = { os: 'linux', architecture: 'amd64' }
const ARM64: Platform = { os: 'linux', architecture: 'arm64' }

let registry: Registry
let base: Base
let access: TestAccess
let folder: string

beforeAll(async () => {
  registry = await startRegistry()
  base = await makeBase()
  await pushBase(base, `${registry.address}/base:1`)
})

afterAll(async () => {
  await registry?.stop()
  await base?.[Symbol.asyncDispose]()
})

beforeEach(async () => {
  access = await testAccess()
  folder = access.tmpFolder
})

afterEach(async () => {
  await access[Symbol.asyncDispose]()
})

async function opened(text: string): Promise<OpenBase> {
  const base = await openBase(text, join(folder, `archive-${archives++}`), access)
  if (base === 'scratch') throw new Error('scratch is no base')
  return base
}

let archives = 0

describe('resolveBase', () => {
  it.each([
    ['amd64', AMD64],
    ['arm64', ARM64],
  ] as const)('takes the child of an index for %s', async (name, platform) => {
    const resolved = await resolveBase(await opened(`${registry.address}/base:1`), platform, access)
    expect(resolved.name).toBe(`${registry.address}/base:1`)
    expect(resolved.digest).toBe(base.digests[name])
    expect(resolved.pinned).toMatchObject({ reference: { digest: base.digests[name] } })
    expect(resolved.config.architecture).toBe(platform.architecture)
  })

  it('takes a reference by the digest of an index', async () => {
    const resolved = await resolveBase(await opened(`${registry.address}/base@${base.digests.index}`), ARM64, access)
    expect(resolved.digest).toBe(base.digests.arm64)
  })

  it('lists the platforms of a base that has not ours', async () => {
    const asked = resolveBase(
      await opened(`${registry.address}/base:1`),
      { os: 'linux', architecture: 's390x' },
      access,
    )
    await expect(asked).rejects.toMatchObject({
      name: 'RegistryError',
      code: 'registry-platform',
      side: 'base',
      message: `the base ${registry.address}/base:1 has no image for linux/s390x, it has linux/amd64, linux/arm64/v8: choose another base, or set platform`,
    })
  })

  it('notices that a base without index is for another architecture', async () => {
    await pushBase(base, `${registry.address}/single:1`, { name: 'arm64' })
    await expect(resolveBase(await opened(`${registry.address}/single:1`), AMD64, access)).rejects.toThrow(
      /has no image for linux\/amd64, it has linux\/arm64\/v8/,
    )
  })

  it('names a tag that is not there, without trying again', async () => {
    await expect(resolveBase(await opened(`${registry.address}/base:none`), AMD64, access)).rejects.toThrow(
      `the base ${registry.address}/base:none cannot be read: it is not there: check repository and tag`,
    )
    expect(access.waits).toEqual([])
  })

  it('tries an unreachable registry four times and says that the connection was refused', async () => {
    const port = await freePort()
    await expect(resolveBase(await opened(`127.0.0.1:${port}/base:1`), AMD64, access)).rejects.toThrow(
      `the base 127.0.0.1:${port}/base:1 cannot be read: the connection was refused: check host and port, and that the registry runs`,
    )
    expect(access.waits).toEqual([1000, 2000, 4000])
  })

  it('says tls-verify where the registry speaks plain HTTP', async () => {
    const strict = { ...access, tlsVerify: true }
    await expect(resolveBase(await opened(`${registry.address}/base:1`), AMD64, strict)).rejects.toThrow(
      /it speaks plain HTTP and no HTTPS: for a registry of your own set tls-verify to false/,
    )
  })

  it('ends at once when the job is canceled while it waits', async () => {
    const controller = new AbortController()
    const { sleep: _, ...waiting } = access
    const asked = resolveBase(await opened(`127.0.0.1:${await freePort()}/base:1`), AMD64, {
      ...waiting,
      signal: controller.signal,
      report: { ...access.report, info: () => controller.abort() },
    })
    await expect(asked).rejects.toMatchObject({ name: 'CommandError', outcome: { kind: 'canceled' } })
  })
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
