import { chmod, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ActBench, actBench } from '../support/act.ts'
import type { ActRun } from '../support/actrun.ts'
import { type Base, makeBase, pushBase } from '../support/base.ts'
import { startCacheService } from '../support/cacheservice.ts'
import { blobDownloads, type Registry, startRegistry } from '../support/registry.ts'
import { repositoryRoot } from '../support/tools.ts'
import { forged, hostileScript } from './support/hostilescript.ts'
import { hostState } from './support/hoststate.ts'
import { startPodman } from './support/podman.ts'

const PASSWORD = 'c4nary-pa55word'

const workflow = (inputs: string) => `on: push
jobs:
  image:
    runs-on: ubuntu-latest
    outputs:
      digest: \${{ steps.image.outputs.digest }}
    steps:
      - uses: actions/checkout@v4
      - id: image
        uses: acme/kiwi-oci@v1
        with:
${inputs.replaceAll(/^/gm, '          ')}
      - id: after
        if: always()
        env:
          IMAGE: \${{ steps.image.outputs.image }}
          LAYOUT: \${{ steps.image.outputs.layout }}
          DISK: \${{ steps.image.outputs.disk }}
        run: |
          echo "image $IMAGE"
          test -e "$LAYOUT/oci-layout" && echo "layout is there"
          test -e "$DISK" && echo "disk is there"
          kiwi-ng --version || true
          skopeo --version
          qemu-img --version
`

describe('the real action.yml in the workflow of a consumer', () => {
  let bench: ActBench
  let bases: Registry
  let target: Registry
  let base: Base
  const wrapped = (tag: string) =>
    workflow(`disk: disk.raw
base-image: ${bases.address}/acme/base:1
tags: ${target.address}/acme/wrapped:${tag}
push: true
tls-verify: false
username: robot
password: \${{ secrets.PASSWORD }}
source-date-epoch: 1700000000`)
  const run = (text: string, more: Partial<Parameters<ActBench['run']>[0]> = {}): Promise<ActRun> =>
    bench.run({ workflow: text, secrets: { PASSWORD }, timeoutSeconds: 900, ...more })
  /** Runs the wrapping workflow and tells which blobs of the base were fetched meanwhile, its config aside. */
  const fetchedLayers = async (tag: string, env: Record<string, string> = {}) => {
    await bases.settled()
    const before = bases.accesses.length
    const result = await run(wrapped(tag), { files: { 'disk.raw': 'disk'.repeat(1024) }, env })
    expect(result.exitCode, result.log).toBe(0)
    await bases.settled()
    const layers = blobDownloads(bases.accesses.slice(before)).filter((path) =>
      base.layers.some((layer) => path.endsWith(layer)),
    )
    return { layers, result }
  }
  /** What the image's own command prints. */
  const listing = async (reference: string) => {
    await using podman = await startPodman()
    const login = ['--creds', `robot:${PASSWORD}`, '--tls-verify=false']
    const pulled = await podman.call(['pull', '--quiet', ...login, reference])
    expect(pulled.exitCode, pulled.stderr).toBe(0)
    return (await podman.call(['run', '--rm', pulled.stdout.trim()])).stdout
  }

  beforeAll(async () => {
    bench = await actBench()
    bases = await startRegistry()
    target = await startRegistry({ htpasswd: { user: 'robot', password: PASSWORD } })
    base = await makeBase()
    await pushBase(base, `${bases.address}/acme/base:1`)
  })
  afterAll(async () => {
    for (const each of [bench, bases, target, base]) await each?.[Symbol.asyncDispose]()
  })

  it('differs from the action in the repository in nothing but its $/ lines', () => {
    // Workflows of ours are none of the action; the bench throws at any other difference.
    const places = bench.rewritten.filter((place) => !place.startsWith('.github/workflows/'))
    expect(places.map((place) => place.replace(/:\d+$/, ''))).toEqual(Array(4).fill('action.yml'))
  })

  it('builds a description with KIWI, pushes it with a login of its own, reports, and leaves nothing', async () => {
    const before = await hostState()
    const tags = ['1.0.0', 'latest'].map((tag) => `${target.address}/acme/data:${tag}`)
    const built = await run(
      workflow(`description: data
base-image: ${bases.address}/acme/base:1
format: raw
compression: zstd
kiwi-global-arguments: --debug
work-dir: ${join(bench.home, 'work')}
tags: |
  ${tags.join('\n  ')}
push: true
tls-verify: false
username: robot
password: \${{ secrets.PASSWORD }}`),
      { copies: { data: join(repositoryRoot, 'examples/data') }, files: { 'data/config.sh': hostileScript() } },
    )
    expect(built.exitCode, built.log).toBe(0)
    const { outputs } = built.step('image')
    expect(outputs['digest']).toMatch(/^sha256:[0-9a-f]{64}$/)
    expect(outputs['image']).toBe(`${target.address}/acme/data@${outputs['digest']}`)
    expect(outputs['tags']?.split('\n')).toEqual(tags)
    expect(JSON.parse(outputs['metadata'] ?? '')).toMatchObject({
      'containerimage.digest': outputs['digest'],
      disk: { format: 'raw', virtualSizeBytes: 1500 * 1024 * 1024 },
    })
    const after = built.step('after').lines.join('\n')
    expect(after).toContain(`image ${outputs['image']}`)
    expect(after).toContain('layout is there')
    expect(after).toContain('disk is there')
    expect(after).toMatch(/KIWI \(next generation\) version 11\.1\.6/)
    expect(after).toMatch(/skopeo version/)
    expect(after).toMatch(/qemu-img version/)

    const [summary = ''] = built.summaries
    for (const text of [outputs['digest'], ...tags, 'GB virtual', 'KIWI', 'podman pull'])
      expect(summary).toContain(text)
    expect(built.step('image/build').commands.map(({ command }) => command)).toContain('group')
    expect(built.log).not.toContain(PASSWORD)
    expect(forged(built.step('image/build').lines)).toEqual([])
    expect(built.steps.flatMap(({ commands }) => commands.filter(({ text }) => text.includes('forged-')))).toEqual([])
    expect(built.steps.filter(({ stage }) => stage === 'Post').map(({ result }) => result)).not.toContain('failure')
    // Outside of act's own folders, which act removes itself.
    expect(outputs['layout']).toContain(join(bench.home, 'work'))
    expect(await readdir(join(bench.home, 'work'))).toEqual([])
    expect(await hostState()).toEqual(before)
    const listed = await listing(`${target.address}/acme/data@${outputs['digest']}`)
    expect(listed).toMatch(/^-r--r--r-- +1 107 +107 +1572864000 .* debian-data\.x86_64-1\.0\.0\.raw$/m)
  })

  it('fetches no layer of the base in the next job on the same machine', async () => {
    await fetchedLayers('before')
    const { layers, result } = await fetchedLayers('next')
    expect(layers).toEqual([])
    expect(result.step('image').outputs['tags']).toBe(`${target.address}/acme/wrapped:next`)
  })

  it('fetches no layer of the base on a hosted runner after a job that kept them in the Actions cache', async () => {
    // act's own service is of version 1, which GitHub has no more.
    await using service = await startCacheService()
    const hosted = {
      RUNNER_ENVIRONMENT: 'github-hosted',
      ACTIONS_CACHE_SERVICE_V2: 'true',
      ACTIONS_RESULTS_URL: service.url,
      ACTIONS_RUNTIME_TOKEN: service.token,
    }
    const first = await fetchedLayers('first', hosted)
    expect(first.layers).toHaveLength(base.layers.length)
    // A hosted runner starts with an empty home.
    await rm(join(bench.home, '.cache/kiwi-oci'), { recursive: true })
    const second = await fetchedLayers('second', hosted)
    expect(second.layers).toEqual([])
    expect(second.result.step('image').outputs['digest']).toBe(first.result.step('image').outputs['digest'])
  })

  it('hands the password to no program by arguments or environment, and the log does not have it', async () => {
    const spy = join(bench.home, 'spy')
    await mkdir(spy)
    for (const program of ['skopeo', 'qemu-img']) {
      const script = `#!/bin/sh\nprintf '%s\\n' "$0 $*" >> '${spy}/seen'\nenv >> '${spy}/seen'\nexec /usr/bin/${program} "$@"\n`
      await writeFile(join(spy, program), script)
      await chmod(join(spy, program), 0o755)
    }
    // In clear in the workflow, so that nobody but the action masks it.
    const text = wrapped('spied').replace('$' + '{{ secrets.PASSWORD }}', PASSWORD)
    const spied = await bench.run({ workflow: text, files: { 'disk.raw': 'disk'.repeat(1024) }, path: [spy] })
    expect(spied.exitCode, spied.log).toBe(0)
    const seen = await readFile(join(spy, 'seen'), 'utf8')
    expect(seen).toContain(`${spy}/skopeo`)
    for (const form of [PASSWORD, Buffer.from(`robot:${PASSWORD}`).toString('base64')]) expect(seen).not.toContain(form)
    expect(spied.log).not.toContain(PASSWORD)
  })

  it('shows a problem of the inputs as an annotation and installs nothing', async () => {
    const refused = await run(workflow('description: nowhere\ncompression: best'))
    expect(refused.exitCode).not.toBe(0)
    const annotations = refused.step('image/plan').commands.filter(({ command }) => command === 'error')
    expect(annotations.map(({ text }) => text)).toEqual([
      expect.stringMatching(/^input compression: "best" is not a compression: write gzip, zstd or none/),
      'input description: nowhere does not exist: name the folder of a KIWI description',
    ])
    const ran = refused.steps.filter(({ stage, result }) => stage === 'Main' && result !== 'skipped')
    expect(ran.map(({ id }) => id)).not.toContain('image/setup')
  })

  it('leaves no folder of a job behind', async () => {
    const temporary = await readdir(join(bench.home, '.cache/act'), { recursive: true }).catch(() => [])
    expect(temporary.filter((name) => /kiwi-oci-(?!kiwi\b|seal\b)/.test(name) && !name.includes('actions'))).toEqual([])
  })
})
