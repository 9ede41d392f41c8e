import { mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { place } from '../process/support/cli.ts'
import { makeBase, pushBase } from '../support/base.ts'
import { bootToLogin } from '../support/boot.ts'
import { startRegistry } from '../support/registry.ts'
import { repositoryRoot } from '../support/tools.ts'
import { hostState } from './support/hoststate.ts'
import { pull } from './support/pulled.ts'
import { mainCommand } from './support/readme.ts'

it("the README's command builds a Debian that boots, here on a base and pushed to a registry as well", async () => {
  await using registry = await startRegistry()
  await using base = await makeBase()
  await using here = await place()
  const folder = await mkdtemp(join(tmpdir(), 'kiwi-oci-e2e-'))
  await using _ = { [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) }
  const baseName = `${registry.address}/acme/base:1`
  await pushBase(base, baseName)
  for (const name of ['dist', 'examples']) await symlink(join(repositoryRoot, name), join(here.folder, name))
  const before = await hostState()

  const tags = [`${registry.address}/acme/debian:1.0.0`, `${registry.address}/acme/debian:latest`]
  const more = [
    '--base-image',
    baseName,
    '--tags',
    tags.join(','),
    '--push',
    '--tls-verify=false',
    '--metadata-file',
    'm.json',
  ]
  const config = 'entrypoint: [/bin/sh]\ncmd: null\nenv: {GREETING: hello}\n'
  const built = await here.run([...(await mainCommand()), ...more, '--containerconfig', config])
  console.info(
    built.stderr
      .split('\n')
      .filter((line) => !line.startsWith('  '))
      .join('\n'),
  )

  expect(built.exitCode, built.stderr).toBe(0)
  expect(built.stdout).toMatch(/^sha256:[0-9a-f]{64}\n$/)
  const digest = built.stdout.trim()
  expect(await here.leftovers()).toEqual([])
  expect(await hostState()).toEqual(before)

  const metadata = JSON.parse(await readFile(join(here.folder, 'm.json'), 'utf8'))
  expect(metadata).toMatchObject({
    'containerimage.digest': digest,
    'image.name': tags.join(','),
    disk: { path: '/disk/debian-example.x86_64-1.0.0.qcow2', format: 'qcow2', virtualSizeBytes: 1500 * 1024 * 1024 },
    base: { name: baseName, digest: base.digests.amd64 },
    kiwi: { version: '11.1.6' },
  })
  const index = JSON.parse(await readFile(join(here.folder, 'image/index.json'), 'utf8'))
  expect(index.manifests).toMatchObject([{ digest, platform: { os: 'linux', architecture: 'amd64' } }])

  const pulled = await pull(`${registry.address}/acme/debian@${digest}`, folder)
  expect(pulled.manifest.layers.slice(0, -1).map((layer) => layer.digest)).toEqual(base.layers)
  expect(pulled.manifest.annotations).toMatchObject({
    'org.opencontainers.image.base.name': baseName,
    'org.opencontainers.image.base.digest': base.digests.amd64,
    'org.opencontainers.image.title': 'debian-example',
    'org.opencontainers.image.version': '1.0.0',
  })
  expect(pulled.config.config['Entrypoint']).toEqual(['/bin/sh'])
  expect(pulled.config.config['Env']).toContain('GREETING=hello')
  expect(pulled.listing.map((line) => line.split(/\s+/).slice(0, 2).join(' '))).toEqual([
    'dr-xr-xr-x 107/107',
    '-r--r--r-- 107/107',
  ])
  const boot = await bootToLogin(pulled.disk, 'qcow2')
  console.info(`login after ${boot.seconds.toFixed(1)} s`)
})
