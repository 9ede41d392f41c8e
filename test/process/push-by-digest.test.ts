import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { startRegistry } from '../support/registry.ts'
import { DISK, failure, place, refusals } from './support/cli.ts'

it('a push by digest leaves an index in the repository, and no tag', async () => {
  await using registry = await startRegistry()
  await using here = await place()
  await here.write('a.raw', DISK)
  const repository = `${registry.address}/acme/a`
  const target = ['--push-by-digest', '--repository', repository, '--tls-verify=false', '--metadata-file', 'out.json']
  const kinds = ['--kind', 'container', '--kind', 'podman-machine']
  const pushed = await here.run(['--disk', 'a.raw', '--platform', 'linux/amd64', ...kinds, ...target])
  expect(pushed.exitCode, pushed.stderr).toBe(0)
  const digest = pushed.stdout.trim()
  const accept = 'application/vnd.oci.image.index.v1+json'
  const asked = (path: string) => fetch(`http://${registry.address}/v2/acme/a/${path}`, { headers: { accept } })
  const { manifests } = (await (await asked(`manifests/${digest}`)).json()) as { manifests: { platform: object }[] }
  expect(manifests.map(({ platform }) => platform)).toEqual([
    { architecture: 'amd64', os: 'linux' },
    { architecture: 'x86_64', os: 'linux' },
  ])
  expect((await asked('tags/list')).status).toBe(404)
  expect(JSON.parse(await readFile(join(here.folder, 'out.json'), 'utf8'))).toMatchObject({
    'containerimage.digest': digest,
    'image.name': repository,
  })
  expect(pushed.stderr).toContain(`Push to: ${repository}, by digest and without a tag`)
})

it('a push by digest without the login that its registry wants fails before anything is made', async () => {
  await using registry = await startRegistry({ htpasswd: { user: 'a', password: 'b' } })
  await using here = await place()
  await here.write('a.raw', DISK)
  const repository = `${registry.address}/acme/a`
  const args = ['--disk', 'a.raw', '--tls-verify=false', '--push-by-digest', '--repository', repository]
  expect(await failure(here, 'registry-login', [...args, '--work-dir', 'made'])).toEqual([
    `${registry.address} wants a login for ${repository}, and there is none: give username and password, or log in before`,
  ])
})

it('a push by digest is refused beside tags, and to no repository', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  expect(await refusals(here, ['--disk', 'a.raw', '--push-by-digest', '--tags', 'ghcr.io/a/b:1'])).toEqual([
    '--push-by-digest: moves no tag, and tags are given: leave tags to the merge, or set push instead',
    '--repository: missing while push-by-digest is set: write REGISTRY/NAME',
  ])
})
