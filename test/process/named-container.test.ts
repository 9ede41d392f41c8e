import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { startRegistry } from '../support/registry.ts'
import { DISK, place } from './support/cli.ts'

const run = promisify(execFile)

async function configOf(reference: string) {
  const { stdout } = await run('skopeo', ['inspect', '--tls-verify=false', '--config', `docker://${reference}`])
  return JSON.parse(stdout)
}

it('a container that containerconfig names is pushed under all its names, with author and history', async () => {
  await using registry = await startRegistry()
  await using here = await place()
  await here.write('a.raw', DISK)
  const containerconfig = `
    name: acme/app
    tag: 1.0
    additionalnames: [:stable, ${registry.address}/acme/other]
    maintainer: Tux
    history: {created_by: make, comment: why}`
  const args = ['--disk', 'a.raw', '--tls-verify=false', '--push', '--registry', registry.address]
  const pushed = await here.run([...args, '--containerconfig', containerconfig])
  expect(pushed.exitCode, pushed.stderr).toBe(0)
  expect(pushed.stderr).toContain(`Push to: ${registry.address}/acme/app:1.0 (name of --containerconfig)`)
  for (const name of ['acme/app:1.0', 'acme/app:stable', 'acme/other:1.0']) {
    const config = await configOf(`${registry.address}/${name}`)
    expect(config).toMatchObject({ author: 'Tux', history: [{ created_by: 'make', comment: 'why' }] })
  }
})
