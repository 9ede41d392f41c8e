import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { artifactManifest, containerManifest, machineIndex, manifestAt, pushMade } from '../support/parts.ts'
import { type Registry, startRegistry } from '../support/registry.ts'
import { failure, type Place, place, refusals } from './support/cli.ts'

let registry: Registry
beforeAll(async () => {
  registry = await startRegistry()
})
afterAll(() => registry?.stop())

const digestOf = (image: string) => image.slice(image.indexOf('@') + 1)

/** Runs dist/merge.js as a runner does. */
async function step(here: Place, inputs: Record<string, string>) {
  const [output, state] = [join(here.folder, '.output'), join(here.folder, '.state')]
  await Promise.all([writeFile(output, ''), writeFile(state, '')])
  const given = Object.entries({ 'tls-verify': 'false', ...inputs }).map(([name, text]) => [
    `INPUT_${name.toUpperCase()}`,
    text,
  ])
  const env = { ...Object.fromEntries(given), GITHUB_OUTPUT: output, GITHUB_STATE: state }
  const temp = join(here.folder, '../temp')
  const run = await here.run([], { entry: 'merge.js', env: { ...env, RUNNER_TEMP: temp } })
  const outputs = [...(await readFile(output, 'utf8')).matchAll(/^(\w+)<<(ghadelimiter_\S+)\n(.*?)\n\2$/gms)]
  return { ...run, outputs: Object.fromEntries(outputs.map(([, name = '', , text = '']) => [name, text])) }
}

/** Requests of the last run that change something, by method and path. */
async function writes(since: number): Promise<readonly string[]> {
  await registry.settled()
  return registry.accesses
    .slice(since)
    .filter(({ method }) => !['GET', 'HEAD'].includes(method))
    .map(({ method, path }) => `${method} ${path}`)
}

describe('a merge as a runner runs it', () => {
  it('makes one index of two images, moves the tags to it, latest last, and writes nothing else', async () => {
    await using here = await place()
    const repository = `${registry.address}/acme/two`
    const amd64 = await pushMade(machineIndex('amd64', { shared: 'yes', own: 'a' }), repository)
    const arm64 = await pushMade(machineIndex('arm64', { shared: 'yes', own: 'b' }), repository)
    const since = registry.accesses.length
    const run = await step(here, {
      images: `\n${amd64}\n\n${arm64}\n`,
      tags: `${repository}:latest,${repository}:1.2.3`,
      annotations: 'org.opencontainers.image.title=x\nindex:org.opencontainers.image.vendor=acme & sons',
    })
    expect(run.exitCode, run.stdout).toBe(0)
    const { digest = '', image, tags } = run.outputs
    expect({ image, tags }).toEqual({
      image: `${repository}@${digest}`,
      tags: `${repository}:latest\n${repository}:1.2.3`,
    })
    const log = [amd64, arm64].reduce((text, each) => text.replaceAll(digestOf(each), 'DIGEST'), run.stdout)
    expect(
      log
        .replaceAll(registry.address, 'HOST')
        .replaceAll(/sha256:[0-9a-f]{64}/g, 'DIGEST')
        .replace(/skopeo version \S+/, 'skopeo version V'),
    ).toMatchInlineSnapshot(`
      "skopeo version V
      ::group::Images
      linux/amd64 container DIGEST
      linux/arm64 container DIGEST
      linux/aarch64 podman-machine DIGEST
      linux/x86_64 podman-machine DIGEST
      Annotations left out: org.opencontainers.image.title (a merge writes those of index and manifest-descriptor, for linux/amd64, linux/arm64, and changes no manifest)
      ::endgroup::
      ::group::Push
      pushed HOST/acme/two:1.2.3
      pushed HOST/acme/two:latest
      ::endgroup::
      "
    `)
    const index = JSON.parse(String(await manifestAt(repository, 'latest')))
    expect(index.annotations).toEqual({ shared: 'yes', 'org.opencontainers.image.vendor': 'acme & sons' })
    expect(
      index.manifests.map(({ platform, annotations }: Record<string, Record<string, string>>) => [
        platform?.['architecture'],
        annotations?.['disktype'],
      ]),
    ).toEqual([
      ['amd64', undefined],
      ['arm64', undefined],
      ['aarch64', 'qemu'],
      ['x86_64', 'qemu'],
    ])
    expect(await writes(since)).toEqual(['PUT /v2/acme/two/manifests/1.2.3', 'PUT /v2/acme/two/manifests/latest'])
    expect(await here.leftovers()).toEqual([])
  })

  it('changes nothing when it runs again, in whatever order the images come', async () => {
    await using here = await place()
    const repository = `${registry.address}/acme/again`
    const images = [
      await pushMade(containerManifest('amd64'), repository),
      await pushMade(containerManifest('arm64'), repository),
    ]
    const first = await step(here, { images: images.join(' '), tags: `${repository}:1` })
    expect(first.exitCode, first.stdout).toBe(0)
    const since = registry.accesses.length
    const second = await step(here, { images: images.toReversed().join(','), tags: `${repository}:1` })
    expect(second.exitCode, second.stdout).toBe(0)
    expect(second.outputs).toEqual(first.outputs)
    expect(second.stdout).toContain(`${repository}:1 is there already`)
    expect(await writes(since)).toEqual([])
  })

  it('does on the command line the same, and prints the digest', async () => {
    await using here = await place()
    const repository = `${registry.address}/acme/terminal`
    const images = [
      await pushMade(artifactManifest('amd64'), repository),
      await pushMade(artifactManifest('arm64'), repository),
    ]
    const flags = [...images.flatMap((image) => ['--images', image]), '--tags', `${repository}:1`, '--tls-verify=false']
    const run = await here.run(['merge', ...flags])
    expect(run.exitCode, run.stderr).toBe(0)
    const action = await step(here, { images: images.join('\n'), tags: `${repository}:2` })
    expect(run.stdout).toBe(`${action.outputs['digest']}\n`)
    expect(await manifestAt(repository, '1')).toEqual(await manifestAt(repository, '2'))
    expect(await here.leftovers()).toEqual([])
  })

  it('names the input that a misspelled one was meant to be', async () => {
    await using here = await place()
    const run = await step(here, { image: 'x', tags: 'ghcr.io/acme/a:1' })
    expect(run.exitCode).toBe(2)
    expect(run.stdout).toContain('::error::input image: is no input of kiwi-oci: did you mean images?')
  })
})

describe('a merge is refused and changes nothing', () => {
  const refused = async (images: readonly string[], tags: readonly string[], exit: typeof refusals = refusals) => {
    await using here = await place()
    const since = registry.accesses.length
    const flags = [...images.flatMap((each) => ['--images', each]), ...tags.flatMap((each) => ['--tags', each])]
    const errors = await exit(here, ['merge', '--tls-verify=false', ...flags])
    expect(await writes(since)).toEqual([])
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

  it('where tags are of a second repository that lacks an image', async () => {
    const [here, there] = [`${registry.address}/acme/here`, `${registry.address}/acme/there`]
    const [amd64, arm64] = [containerManifest('amd64'), containerManifest('arm64')]
    const images = [await pushMade(amd64, here), await pushMade(arm64, here)]
    await pushMade(amd64, there)
    expect(await refused(images, [`${here}:1`, `${there}:1`])).toEqual([
      `--tags: HOST/acme/there@${arm64.digest} is not there: push the images to HOST/acme/there too, or leave out its tags`,
    ])
    await pushMade(arm64, there)
    await using place1 = await place()
    const flags = images.flatMap((each) => ['--images', each])
    const run = await place1.run(['merge', ...flags, '--tags', `${here}:1,${there}:1`, '--tls-verify=false'])
    expect(run.exitCode, run.stderr).toBe(0)
    expect(await manifestAt(there, '1')).toEqual(await manifestAt(here, '1'))
  })

  it('with every problem of the inputs at once', async () => {
    const image = `ghcr.io/acme/a@sha256:${'1'.repeat(64)}`
    expect(await refused(['ghcr.io/acme/a:1', image, image], ['1.0'])).toEqual([
      "--images: 'ghcr.io/acme/a:1' has no digest: write REGISTRY/NAME@sha256:…, as the output image of a build is",
      "--tags: '1.0' is a tag without a name: write REGISTRY/REPOSITORY:1.0",
      `--images: ${image} stands there more than once: each job of a matrix needs an output of its own`,
    ])
    expect(await refused([], [])).toEqual([
      '--images: missing: write REGISTRY/NAME@sha256:…, one a line',
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
    expect(await refused([image], [`${repository}:1`], failure)).toEqual([
      `HOST/acme/nowhere@${digestOf(image)} is not a valid OCI image: its config says no architecture and os, so nothing tells which platform it is for`,
    ])
  })
})
