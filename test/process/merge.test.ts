import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { droppedPut, startProxy } from '../support/proxy.ts'
import { artifactManifest, containerManifest, machineIndex, manifestAt, pushMade } from '../support/pushed.ts'
import { type Registry, startRegistry } from '../support/registry.ts'
import { DISK, failure, place } from './support/cli.ts'
import { mergeStep, writesTo } from './support/mergestep.ts'

let registry: Registry
beforeAll(async () => {
  registry = await startRegistry()
})
afterAll(() => registry?.stop())

const digestOf = (image: string) => image.slice(image.indexOf('@') + 1)

describe('a merge as a runner runs it', () => {
  it('makes one index of two images, moves the tags to it, latest last, and writes nothing else', async () => {
    await using here = await place()
    const repository = `${registry.address}/acme/two`
    const amd64 = await pushMade(machineIndex('amd64', { shared: 'yes', own: 'a' }), repository)
    const arm64 = await pushMade(machineIndex('arm64', { shared: 'yes', own: 'b' }), repository)
    const since = registry.accesses.length
    const run = await mergeStep(here, {
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
    expect(await writesTo(registry, since)).toEqual([
      'PUT /v2/acme/two/manifests/1.2.3',
      'PUT /v2/acme/two/manifests/latest',
    ])
    expect(await here.leftovers()).toEqual([])
  })

  it('changes nothing when it runs again, in whatever order the images come', async () => {
    await using here = await place()
    const repository = `${registry.address}/acme/again`
    const images = [
      await pushMade(containerManifest('amd64'), repository),
      await pushMade(containerManifest('arm64'), repository),
    ]
    const first = await mergeStep(here, { images: images.join(' '), tags: `${repository}:1` })
    expect(first.exitCode, first.stdout).toBe(0)
    const since = registry.accesses.length
    const second = await mergeStep(here, { images: images.toReversed().join(','), tags: `${repository}:1` })
    expect(second.exitCode, second.stdout).toBe(0)
    expect(second.outputs).toEqual(first.outputs)
    expect(second.stdout).toContain(`${repository}:1 is there already`)
    expect(await writesTo(registry, since)).toEqual([])
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
    const action = await mergeStep(here, { images: images.join('\n'), tags: `${repository}:2` })
    expect(run.stdout).toBe(`${action.outputs['digest']}\n`)
    expect(await manifestAt(repository, '1')).toEqual(await manifestAt(repository, '2'))
    expect(await here.leftovers()).toEqual([])
  })

  it('makes one tag of disks that two jobs wrapped and pushed by digest, from which each platform is pulled', async () => {
    await using here = await place()
    const repository = `${registry.address}/acme/wrapped`
    const images: string[] = []
    for (const platform of ['linux/amd64', 'linux/arm64']) {
      await here.write('a.raw', `${DISK}${platform}`.padEnd(8192, '\0'))
      const flags = [
        '--disk',
        'a.raw',
        '--platform',
        platform,
        '--kind',
        'container,podman-machine',
        '--tls-verify=false',
      ]
      const wrapped = await here.run([...flags, '--push-by-digest', '--repository', repository])
      expect(wrapped.exitCode, wrapped.stderr).toBe(0)
      images.push(`${repository}@${wrapped.stdout.trim()}`)
    }
    const run = await mergeStep(here, { images: images.join('\n'), tags: `${repository}:1` })
    expect(run.exitCode, run.stdout).toBe(0)
    for (const architecture of ['amd64', 'arm64']) {
      const flags = ['inspect', '--config', '--tls-verify=false', `docker://${repository}:1`]
      const { stdout } = await promisify(execFile)('skopeo', ['--override-arch', architecture, ...flags])
      expect(JSON.parse(stdout).architecture).toBe(architecture)
    }
    const { manifests } = JSON.parse(String(await manifestAt(repository, '1'))) as {
      manifests: { platform: { architecture: string } }[]
    }
    expect(manifests.map(({ platform }) => platform.architecture)).toEqual(['amd64', 'arm64', 'aarch64', 'x86_64'])
  })

  it('logs in for itself alone, and leaves no login behind', async () => {
    await using here = await place()
    await using closed = await startRegistry({ htpasswd: { user: 'me', password: 'hunter 2' } })
    const inputs = { images: `${closed.address}/acme/a@sha256:${'1'.repeat(64)}`, tags: `${closed.address}/acme/a:1` }
    const anonymous = await mergeStep(here, inputs)
    expect(anonymous.stdout).toContain('::error title=registry-login::the image 127.0.0.1:')
    expect(anonymous.stdout).toContain('the registry wants a login, or does not accept the one it got')
    const known = await mergeStep(here, { ...inputs, username: 'me', password: 'hunter 2' })
    expect(known.stdout).toContain('is not there: push it by digest before, or leave it out')
    expect(known.stdout.replaceAll(/^::add-mask::.*$/gm, '')).not.toContain('hunter')
    expect(await here.leftovers()).toEqual([])
  })

  it('says which tags carry the digest when a later one does not', async () => {
    await using here = await place()
    await using proxy = await startProxy(registry.address, droppedPut(/\/manifests\/latest$/))
    const repository = `${proxy.address}/acme/half`
    const image = await pushMade(containerManifest('amd64'), repository)
    const run = await mergeStep(here, { images: image, tags: `${repository}:latest\n${repository}:1` })
    expect(run.exitCode).toBe(1)
    expect(run.stdout).toMatch(
      /::error title=registry-read-back::the push to .*half:latest had no effect: nothing is there/,
    )
    expect(run.outputs).toEqual({ digest: expect.stringMatching(/^sha256:/), image: '', tags: `${repository}:1` })
  })

  it('installs nothing where it may not, and says what is missing', async () => {
    await using here = await place()
    const flags = ['merge', '--images', `ghcr.io/acme/a@sha256:${'1'.repeat(64)}`, '--tags', 'ghcr.io/acme/a:1']
    const [message, ...others] = await failure(here, 'host-tools', flags, { env: { PATH: here.folder } })
    expect(others).toEqual([])
    expect(message).toMatch(
      /^this machine lacks skopeo \(it reads the images and pushes their index\): .*install-tools/,
    )
    expect(message).not.toContain('qemu')
  })

  it('names the input that a misspelled one was meant to be', async () => {
    await using here = await place()
    const run = await mergeStep(here, { image: 'x', tags: 'ghcr.io/acme/a:1' })
    expect(run.exitCode).toBe(2)
    expect(run.stdout).toContain('::error title=input::input image: is no input of kiwi-oci: did you mean images?')
  })
})
