import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { droppedPut, startProxy } from '../../support/proxy.ts'
import { startRegistry } from '../../support/registry.ts'
import { DISK, failure, place } from '../support/cli.ts'

const ARGS = ['--disk', 'a.raw', '--tls-verify=false', '--push']

it('an image whose push fails stays under a given work-dir, whole, and nothing stays without one', async () => {
  await using registry = await startRegistry()
  await using proxy = await startProxy(registry.address, droppedPut(/\/manifests\/1$/))
  await using here = await place()
  await here.write('a.raw', DISK)
  const args = [...ARGS, '--tags', `${proxy.address}/acme/a:1`]
  await failure(here, 'registry-read-back', args)
  expect((await readdir(here.folder)).sort()).toEqual(['a.raw'])
  const { exitCode, stdout, stderr } = await here.run([...args, '--work-dir', 'made'])
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: '' })
  const [, layout = ''] = /the image stays in (\S+), from where skopeo can copy it/.exec(stderr) ?? []
  expect(layout.startsWith(join(here.folder, 'made/'))).toBe(true)
  const again = await here.run([...ARGS, '--tags', `${registry.address}/acme/a:2`, '--export', 'oci:out'])
  expect(again.exitCode).toBe(0)
  const index = await readFile(join(layout, 'index.json'), 'utf8')
  expect(index).toContain(again.stdout.trim())
  const blobs = (folder: string) => readdir(join(folder, 'blobs/sha256'))
  expect((await blobs(layout)).sort()).toEqual((await blobs(join(here.folder, 'out'))).sort())
  expect(await here.leftovers()).toEqual([])
})
