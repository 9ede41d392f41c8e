import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { artifactManifest, containerManifest, machineIndex, manifestAt, pushMade } from '../../support/pushed.ts'
import { type Registry, startRegistry } from '../../support/registry.ts'
import { failure, place, refusals } from '../support/cli.ts'
import { writesTo } from '../support/mergestep.ts'

let registry: Registry
beforeAll(async () => {
  registry = await startRegistry()
})
afterAll(() => registry?.stop())

const digestOf = (image: string) => image.slice(image.indexOf('@') + 1)

describe('a merge is refused and changes nothing', () => {
  const refused = async (images: readonly string[], tags: readonly string[], code?: 'image-invalid') => {
    await using here = await place()
    const since = registry.accesses.length
    const flags = [...images.flatMap((each) => ['--images', each]), ...tags.flatMap((each) => ['--tags', each])]
    const args = ['merge', '--tls-verify=false', ...flags]
    const errors = await (code === undefined ? refusals(here, args) : failure(here, code, args))
    expect(await writesTo(registry, since)).toEqual([])
    return errors.map((line) => line.replaceAll(registry.address, 'HOST'))
  }

  it('where a digest is missing, which is named', async () => {
    const repository = `${registry.address}/acme/missing`
    const amd64 = await pushMade(containerManifest('amd64'), repository)
    const gone = `sha256:${'0'.repeat(64)}`
    expect(await refused([amd64, `${repository}@${gone}`], [`${repository}:1`])).toEqual([
      `--images: HOST/acme/missing@${gone} is not there: push it by digest before, or leave it out`,
    ])
  })

  it('where two are for one platform, and where the kinds are mixed', async () => {
    const repository = `${registry.address}/acme/mixed`
    const one = await pushMade(containerManifest('amd64', 'one'), repository)
    const other = await pushMade(containerManifest('amd64', 'other'), repository)
    const machine = await pushMade(machineIndex('arm64'), repository)
    const name = (image: string) => image.replace(registry.address, 'HOST')
    expect(await refused([one, other], [`${repository}:1`])).toEqual([
      `--images: ${name(one)} and ${name(other)} are for the same platform linux/amd64: give one for each`,
    ])
    expect(await refused([one, machine], [`${repository}:1`])).toEqual([
      `--images: the images are not of the same kinds: ${name(one)} has container, ${name(machine)} has container and podman-machine: build all with the same kind`,
    ])
  })

  it('where an image is of another repository than the tags', async () => {
    const image = `ghcr.io/other/a@sha256:${'1'.repeat(64)}`
    expect(await refused([image], ['ghcr.io/acme/a:1'])).toEqual([
      `--images: ${image} is not in ghcr.io/acme/a, where the tags are: push it there by digest`,
    ])
  })

  it('where tags are of a second repository that lacks an image, and goes when it has them', async () => {
    const [here, there] = [`${registry.address}/acme/here`, `${registry.address}/acme/there`]
    const [amd64, arm64] = [containerManifest('amd64'), containerManifest('arm64')]
    const images = [await pushMade(amd64, here), await pushMade(arm64, here)]
    await pushMade(amd64, there)
    expect(await refused(images, [`${here}:1`, `${there}:1`])).toEqual([
      `--tags: HOST/acme/there@${arm64.digest} is not there: push the images to HOST/acme/there too, or leave out its tags`,
    ])
    await pushMade(arm64, there)
    await using own = await place()
    const flags = images.flatMap((each) => ['--images', each])
    const run = await own.run(['merge', ...flags, '--tags', `${here}:1,${there}:1`, '--tls-verify=false'])
    expect(run.exitCode, run.stderr).toBe(0)
    expect(await manifestAt(there, '1')).toEqual(await manifestAt(here, '1'))
  })

  it('with every problem of the inputs at once', async () => {
    const image = `ghcr.io/acme/a@sha256:${'1'.repeat(64)}`
    expect(await refused(['ghcr.io/acme/a:1', image, image], ['1.0'])).toEqual([
      "--images: 'ghcr.io/acme/a:1' has no digest: write REGISTRY/NAME@sha256:…, the repository and the digest that a push by digest prints",
      "--tags: '1.0' is a tag without a name: write REGISTRY/REPOSITORY:1.0",
      `--images: ${image} stands there more than once: each job of a matrix needs an output of its own`,
    ])
    expect(await refused([], [])).toEqual([
      '--images: missing: write REGISTRY/NAME@sha256:…, one a flag',
      '--tags: missing: write REGISTRY/NAME:TAG',
    ])
  })

  it('where the index names a manifest that is gone', async () => {
    const repository = `${registry.address}/acme/broken`
    const index = machineIndex('amd64')
    const image = await pushMade(index, repository)
    const [child] = index.needs
    await fetch(`http://${registry.address}/v2/acme/broken/manifests/${child?.digest}`, { method: 'DELETE' })
    expect(await refused([image], [`${repository}:1`])).toEqual([
      `--images: HOST/acme/broken@${digestOf(image)} is not there as a whole, its manifest ${child?.digest} is missing: push it again`,
    ])
  })

  it('where nothing says which platform an image is for', async () => {
    const repository = `${registry.address}/acme/nowhere`
    const image = await pushMade(artifactManifest(undefined), repository)
    expect(await refused([image], [`${repository}:1`], 'image-invalid')).toEqual([
      `HOST/acme/nowhere@${digestOf(image)} is not a valid OCI image: its config says no architecture and os, so nothing tells which platform it is for`,
    ])
  })
})
