import { expect, it } from 'vitest'
import { droppedPut, startProxy } from '../../support/proxy.ts'
import { startRegistry } from '../../support/registry.ts'
import { DISK, failure, place } from '../support/cli.ts'

it('a tag that does not carry our digest after the push fails the job and says what it has', async () => {
  await using registry = await startRegistry()
  let drops = false
  const drop = droppedPut(/\/manifests\/1$/)
  await using proxy = await startProxy(registry.address, (asked, answer) => drops && drop(asked, answer))
  await using here = await place()
  await here.write('a.raw', DISK)
  const tag = `${proxy.address}/acme/a:1`
  const args = ['--disk', 'a.raw', '--tls-verify=false', '--push', '--tags', tag]
  expect((await here.run([...args, '--source-date-epoch', '0'])).exitCode).toBe(0)
  drops = true
  const errors = await failure(here, 'registry-read-back', [...args, '--source-date-epoch', '1'])
  expect(errors).toEqual([
    expect.stringMatching(
      /^the push to .*acme\/a:1 had no effect: it carries sha256:[0-9a-f]{64} now, not our sha256:/,
    ),
  ])
})
