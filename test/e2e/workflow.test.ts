import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ActBench, actBench } from '../support/act.ts'
import { type Registry, startRegistry } from '../support/registry.ts'

const PASSWORD = 'c4nary-pa55word'
const ACCEPTED = ['index', 'manifest'].map((kind) => `application/vnd.oci.image.${kind}.v1+json`).join(', ')

/** A disk that nothing tells the architecture of, and that is one of its own. */
const disk = (architecture: string) => `disk for ${architecture} `.padEnd(4096, '.')
const FILES = { 'disk-amd64.raw': disk('amd64'), 'disk-arm64.raw': disk('arm64') }

const caller = (inputs: string) => `on: push
jobs:
  image:
    uses: acme/kiwi-oci/.github/workflows/build.yml@v1
    with:
${inputs.replaceAll(/^/gm, '      ')}
      disk: disk-{arch}.raw
      base-image: scratch
      format: raw
      compression: none
      source-date-epoch: 1700000000
      tls-verify: false
      username: robot
    secrets:
      password: \${{ secrets.PASSWORD }}
  after:
    needs: image
    runs-on: ubuntu-latest
    steps:
      - id: show
        env:
          DIGEST: \${{ needs.image.outputs.digest }}
          IMAGE: \${{ needs.image.outputs.image }}
          TAGS: \${{ needs.image.outputs.tags }}
        run: printf '%s\\n' "$DIGEST" "$IMAGE" "$TAGS"
`

interface Entry {
  readonly digest: string
  readonly platform: { readonly os: string; readonly architecture: string }
}

describe('the reusable workflow, called by the workflow of a consumer', () => {
  let bench: ActBench
  let registry: Registry
  const run = (inputs: string, files: Readonly<Record<string, string>> = FILES) =>
    bench.run({ workflow: caller(inputs), files, secrets: { PASSWORD } })
  const get = async (path: string) => {
    const authorization = `Basic ${Buffer.from(`robot:${PASSWORD}`).toString('base64')}`
    return await fetch(`http://${registry.address}/v2/acme/${path}`, { headers: { authorization, accept: ACCEPTED } })
  }
  const document = async (path: string) => JSON.parse(await (await get(path)).text())

  beforeAll(async () => {
    bench = await actBench()
    registry = await startRegistry({ htpasswd: { user: 'robot', password: PASSWORD } })
  })
  afterAll(async () => {
    for (const each of [bench, registry]) await each?.[Symbol.asyncDispose]()
  })

  it('builds for two platforms beside one another, merges them under the tags, and says what came out', async () => {
    const tags = ['1.0.0', 'latest'].map((tag) => `${registry.address}/acme/both:${tag}`)
    const done = await run(`platforms: linux/amd64,linux/arm64
tags: ${tags.join(',')}
labels: org.example.team=images
annotations: |
  index:org.opencontainers.image.title=Both
  manifest:org.opencontainers.image.title=One`)
    expect(done.exitCode, done.log).toBe(0)
    expect(done.jobs).toEqual({ prepare: 'success', build: 'success', merge: 'success', after: 'success' })
    const [digest = '', image, ...moved] = done.step('show').lines
    expect(image).toBe(`${registry.address}/acme/both@${digest}`)
    expect(moved).toEqual(tags)
    expect(done.log).not.toContain(PASSWORD)

    for (const tag of ['1.0.0', 'latest'])
      expect((await get(`both/manifests/${tag}`)).headers.get('docker-content-digest')).toBe(digest)
    const index = await document(`both/manifests/${digest}`)
    expect(index.annotations).toEqual({ 'org.opencontainers.image.title': 'Both' })
    const entries: readonly Entry[] = index.manifests
    expect(entries.map(({ platform }) => platform)).toEqual(
      ['amd64', 'arm64'].map((architecture) => ({ os: 'linux', architecture })),
    )
    for (const { digest: child, platform } of entries) {
      const manifest = await document(`both/manifests/${child}`)
      expect(manifest.annotations['org.opencontainers.image.title']).toBe('One')
      const config = await document(`both/blobs/${manifest.config.digest}`)
      expect(config.architecture).toBe(platform.architecture)
      expect(config.config.Labels['org.example.team']).toBe('images')
      const layer = await (await get(`both/blobs/${manifest.layers.at(-1).digest}`)).text()
      expect(layer).toContain(disk(platform.architecture))
    }
  })

  it('tells what is wrong with platforms and tags in its first job, and starts no other', async () => {
    const refused = await run(`platforms: |
  linux/amd64
  linux/x86_64=self-hosted
  linux/s390x
tags: ${registry.address}/acme/one:1,${registry.address}/acme/two:1`)
    expect(refused.exitCode).not.toBe(0)
    const said = refused.step('matrix').commands.filter(({ command }) => command === 'error')
    expect(said.map(({ text }) => text)).toEqual([
      'input platforms: linux/amd64 and linux/amd64 are one platform: leave one of them out',
      "input platforms: linux/s390x has no machine of GitHub's own: write linux/s390x=LABEL[,LABEL]",
      `input tags: ${registry.address}/acme/one and ${registry.address}/acme/two are several repositories: name tags of one, and call the workflow once for each`,
    ])
    expect(refused.jobs['prepare']).toBe('failure')
    expect(refused.steps.map(({ job }) => job)).not.toContain('build')
  })

  it('moves no tag when one platform cannot be built', async () => {
    const failed = await run(
      `platforms: |
  linux/amd64=self-hosted
  linux/arm64=ubuntu-latest
tags: ${registry.address}/acme/half:1`,
      { 'disk-amd64.raw': disk('amd64') },
    )
    expect(failed.exitCode).not.toBe(0)
    expect(failed.jobs['build']).toBe('failure')
    expect(failed.log).toMatch(/input disk: \S+\/disk-arm64\.raw: there is no such file/)
    expect(failed.steps.map(({ job }) => job)).not.toContain('merge')
    expect((await get('half/manifests/1')).status).toBe(404)
  })
})
