import { expect, it } from 'vitest'
import { makeBase, pushBase } from '../../support/base.ts'
import { startRegistry } from '../../support/registry.ts'
import { DISK, failure, place } from '../support/cli.ts'

it('a base that is not there for our platform names those it has', async () => {
  await using here = await place()
  await using registry = await startRegistry()
  await using base = await makeBase()
  await pushBase(base, `${registry.address}/acme/base:1`)
  await here.write('a.raw', DISK)
  const name = `${registry.address}/acme/base:1`
  const args = ['--disk', 'a.raw', '--tls-verify=false', '--platform', 'linux/s390x', '--base-image', name]
  expect(await failure(here, 'registry-platform', args)).toEqual([
    `the base ${name} has no image for linux/s390x, it has linux/amd64, linux/arm64/v8: choose another base, or set platform`,
  ])
})
