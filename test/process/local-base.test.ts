import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { makeBase } from '../support/base.ts'
import { DISK, failure, type Place, place } from './support/cli.ts'

const run = promisify(execFile)

async function manifestIn(
  layout: string,
): Promise<{ layers: { digest: string }[]; annotations: Record<string, string> }> {
  const read = async (path: string) => JSON.parse(await readFile(join(layout, path), 'utf8'))
  const { manifests } = await read('index.json')
  return await read(`blobs/${manifests[0].digest.replace(':', '/')}`)
}

async function packedBase(here: Place, layout: string): Promise<void> {
  await run('skopeo', ['copy', '--quiet', `oci:${layout}:amd64`, `oci-archive:${here.folder}/base.oci.tar:x`])
  await run('xz', ['-1', join(here.folder, 'base.oci.tar')])
}

it("a disk goes on KIWI's packed archive, whose folder stays unknown to the image", async () => {
  await using here = await place()
  await using base = await makeBase()
  await packedBase(here, base.layout)
  await here.write('a.raw', DISK)
  const flags = ['--platform', 'linux/amd64', '--base-image', 'file:base.oci.tar.xz', '--export', 'oci:out']
  const { exitCode, stderr } = await here.run(['--disk', 'a.raw', ...flags])
  expect(exitCode, stderr).toBe(0)
  const { layers, annotations } = await manifestIn(join(here.folder, 'out'))
  expect(layers.slice(0, 2).map(({ digest }) => digest)).toEqual(base.layers)
  expect(layers).toHaveLength(3)
  expect(annotations).toMatchObject({
    'org.opencontainers.image.base.name': 'oci-archive:base.oci.tar.xz',
    'org.opencontainers.image.base.digest': base.digests.amd64,
  })
  expect(await here.leftovers()).toEqual([])
})

it('a base with a disk of its own fails the job, named as it was written', async () => {
  await using here = await place()
  await using base = await makeBase()
  await run('umoci', ['insert', '--image', `${base.layout}:amd64`, await here.write('a.raw', DISK), '/disk/first.img'])
  await packedBase(here, base.layout)
  const flags = ['--platform', 'linux/amd64', '--base-image', 'file:base.oci.tar.xz', '--export', 'oci:out']
  expect(await failure(here, 'registry-unfit', ['--disk', 'a.raw', ...flags])).toEqual([
    expect.stringMatching(/^the base file:base\.oci\.tar\.xz has \/disk\/first\.img already: choose another base/),
  ])
})
