import { describe, expect, it } from 'vitest'
import { described, typeOf } from './described.ts'
import { planOf, problemsOf, type Texts } from './request.ts'

async function problemsWith(texts: Texts) {
  await using here = await described(typeOf('qcow2'))
  return await problemsOf({ disk: here.disk, ...texts })
}

async function planWith(texts: Texts) {
  await using here = await described(typeOf('qcow2'))
  return await planOf({ disk: here.disk, ...texts })
}

describe('a disk for podman machine or an artifact', () => {
  it.each(['docker-archive:x.tar', 'docker-daemon:x:1', 'containers-storage:x:1'])('is refused to %s', async (to) => {
    expect(await problemsWith({ kind: 'podman-machine', export: to })).toEqual([
      `input export: ${to}, which is for a container, and there is none in podman-machine: export to oci:, oci-archive:, dir: or docker://, or add container to kind`,
    ])
  })

  it('is not told to be a container beside an artifact', async () => {
    expect(await problemsWith({ kind: 'podman-machine,artifact', export: 'docker-archive:x.tar' })).toEqual([
      'input export: docker-archive:x.tar, which is for a container, and there is none in podman-machine and artifact: export to oci:, oci-archive:, dir: or docker://',
    ])
  })

  it('is refused where the format of the description names such a place, with the line', async () => {
    await using here = await described(typeOf('docker:qcow2', '<containerconfig name="acme/app"/>'))
    expect(await problemsOf({ description: here.folder, kind: 'podman-machine' })).toEqual([
      'config.xml:8: its format means docker-archive:tiny.x86_64-1.2.3.docker.tar, which is for a container, and there is none in podman-machine: export to oci:, oci-archive:, dir: or docker://, or add container to kind',
    ])
  })

  it('goes to every other place', async () => {
    const places = ['oci:a', 'oci-archive:b.tar', 'dir:c', 'docker://ghcr.io/acme/x:1']
    expect(await planWith({ kind: 'podman-machine,artifact', export: places.join('\n') })).toMatchObject({
      exports: places,
    })
  })

  it('beside a container goes everywhere', async () => {
    const places = ['oci:a', 'docker-archive:x.tar', 'docker-daemon:x:1', 'containers-storage:x:1']
    expect(await planWith({ kind: 'container,podman-machine', export: places.join('\n') })).toMatchObject({
      exports: places,
    })
  })
})

describe('a disk for podman 4', () => {
  it('goes to a layout, and to no tag that a name would give', async () => {
    const texts = { kind: 'podman-machine-4', export: 'oci:a' }
    expect(await planWith(texts)).toMatchObject({ exports: ['oci:a'], tags: [] })
    await using here = await described(typeOf('qcow2', '<containerconfig name="ghcr.io/acme/app"/>'))
    expect(await planOf({ description: here.folder, ...texts })).toMatchObject({ tags: [] })
  })

  it.each(['oci-archive:a.tar', 'dir:a', 'docker-archive:a.tar', 'docker://ghcr.io/acme/x:1'])(
    'is refused to %s',
    async (to) => {
      expect(await problemsWith({ kind: 'podman-machine-4', export: to })).toEqual([
        `input export: ${to}, and podman 4 takes its machine from the folder of a layout: export to oci:DIR`,
      ])
    },
  )

  it('is refused to a registry', async () => {
    const text = 'podman 4 takes its machine from no registry: leave it out, and export to oci:DIR'
    expect(await problemsWith({ kind: 'podman-machine-4', push: 'true', tags: 'ghcr.io/acme/x:1' })).toEqual([
      `input tags: ${text}`,
      `input push: ${text}`,
    ])
    const byDigest = { 'push-by-digest': 'true', repository: 'ghcr.io/acme/x' }
    expect(await problemsWith({ kind: 'podman-machine-4', ...byDigest })).toEqual([`input push-by-digest: ${text}`])
  })
})
