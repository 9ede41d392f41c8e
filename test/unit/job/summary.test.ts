import { expect, it } from 'vitest'
import type { Built, BuiltChild } from '../../../src/job/result.ts'
import { metadataText, UNPUBLISHED } from '../../../src/job/result.ts'
import { duration, megabytes, summaryMarkdown } from '../../../src/job/summary.ts'
import type { Plan } from '../../../src/plan/plan.ts'

const digest = `sha256:${'a'.repeat(64)}` as const
const descriptor = { mediaType: 'application/vnd.oci.image.manifest.v1+json', digest, size: 500 }
const disk = { path: '/disk/a.qcow2', format: 'qcow2', virtualSizeBytes: 1.5e9, sizeBytes: 447e6 } as const
const container = { kind: 'container', digest, descriptor, disk, layerSizeBytes: 154e6 } as const
const built: Built = {
  workFolder: '/w',
  layout: '/w/layout',
  reference: 'latest',
  digest,
  descriptor,
  disk: { ...disk, file: '/w/a.qcow2' },
  layerSizeBytes: 154e6,
  children: [container],
  base: { name: 'docker.io/library/alpine:3.22', digest },
  kiwi: { version: '11.1.6' },
  phases: [{ name: 'KIWI', seconds: 93.25 }],
}
const plan = {
  source: { kind: 'description', name: 'a|b', version: '1.0.0' },
  kinds: ['container'],
  platform: { os: 'linux', architecture: 'amd64' },
  compression: { algorithm: 'gzip' },
} as unknown as Plan
const published = { tags: ['ghcr.io/acme/a:1'], image: `ghcr.io/acme/a@${digest}`, exports: [] }
const machine: BuiltChild = {
  kind: 'podman-machine',
  diskType: 'applehv',
  digest: `sha256:${'b'.repeat(64)}`,
  descriptor,
  disk: { path: 'a.x86_64.applehv.raw.zst', format: 'raw', virtualSizeBytes: 1.5e9, sizeBytes: 1.5e9 },
  layerSizeBytes: 148e6,
}

it('shows digest, tags, sizes, base, times and the lines to take the disk out', () => {
  expect(summaryMarkdown(plan, built, published)).toMatchInlineSnapshot(`
    "### a\\|b 1.0.0

    | | |
    | --- | --- |
    | Digest | \`sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\` |
    | Tags | \`ghcr.io/acme/a:1\` |
    | Platform | linux/amd64 |
    | Disk | \`/disk/a.qcow2\`, qcow2 |
    | Size | 1.50 GB virtual, 447.0 MB as file, 154.0 MB compressed |
    | Base | \`docker.io/library/alpine:3.22\`<br>\`sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\` |
    | KIWI | 11.1.6 |

    | Phase | Time |
    | --- | ---: |
    | KIWI | 1 min 33 s |

    Pull the image and take the disk out:

    \`\`\`sh
    podman pull ghcr.io/acme/a@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa
    podman create --name disk ghcr.io/acme/a@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa true
    podman cp disk:/disk/a.qcow2 a.qcow2
    podman rm disk
    \`\`\`
    "
  `)
})

it('calls no layer compressed that is not', () => {
  const text = summaryMarkdown({ ...plan, compression: { algorithm: 'none' } }, built, published)
  expect(text).toContain('| Size | 1.50 GB virtual, 447.0 MB as file |')
})

it('says when nothing was pushed, and gives no lines to pull', () => {
  const text = summaryMarkdown(plan, built, UNPUBLISHED)
  expect(text).toContain('| Tags | not pushed |')
  expect(text).not.toContain('podman pull')
})

it('shows each of several images, and for each kind the lines that its consumer needs', () => {
  const several = { ...built, children: [container, machine] }
  const lines = summaryMarkdown({ ...plan, kinds: ['container', 'podman-machine'] }, several, published).split('\n')
  expect(lines).toEqual(
    expect.arrayContaining([
      `| container | \`/disk/a.qcow2\`, qcow2<br>1.50 GB virtual, 447.0 MB as file, 154.0 MB compressed<br>\`${digest}\` |`,
      `| podman-machine applehv | \`a.x86_64.applehv.raw.zst\`, raw<br>1.50 GB virtual, 1.50 GB as file, 148.0 MB compressed<br>\`${machine.digest}\` |`,
      `podman pull ghcr.io/acme/a@${digest}`,
      'podman machine init --image docker://ghcr.io/acme/a:1',
    ]),
  )
})

it('shows an artifact without a base, and how it becomes a file', () => {
  const file = { ...disk, path: 'a.qcow2' }
  const artifact = { ...built, children: [{ ...container, kind: 'artifact' as const, disk: file }] }
  const lines = summaryMarkdown({ ...plan, kinds: ['artifact'] }, artifact, published).split('\n')
  expect(lines).toEqual(
    expect.arrayContaining([
      '| Disk | `a.qcow2`, qcow2 |',
      '| Size | 1.50 GB virtual, 447.0 MB as file |',
      `oras pull ghcr.io/acme/a@${digest}`,
    ]),
  )
  expect(lines.join()).not.toMatch(/Base|podman/)
})

it('pulls the artifact of an index by its platform, since oras would take every child', () => {
  const artifact = { ...container, kind: 'artifact' as const, disk: { ...disk, path: 'a.qcow2' } }
  const several = { ...built, children: [artifact, machine] }
  const text = summaryMarkdown({ ...plan, kinds: ['podman-machine', 'artifact'] }, several, published)
  expect(text).toContain(`\noras pull --platform linux/amd64 ghcr.io/acme/a@${digest}\n`)
})

it('says where an image is that was pushed by digest alone', () => {
  const text = summaryMarkdown(plan, built, { ...published, tags: [] })
  expect(text).toContain(`| Tags | none, pushed as \`ghcr.io/acme/a@${digest}\` |`)
})

it('writes metadata of every image', () => {
  const { images } = JSON.parse(metadataText({ ...built, children: [container, machine] }, UNPUBLISHED))
  expect(images).toEqual([container, machine])
})

it('writes metadata with the keys of buildx', () => {
  const metadata = JSON.parse(metadataText(built, { tags: ['r/a:1', 'r/a:2'], image: `r/a@${digest}`, exports: [] }))
  expect(metadata).toMatchObject({
    'containerimage.digest': digest,
    'image.name': 'r/a:1,r/a:2',
    kiwi: { version: '11.1.6' },
  })
  expect(Object.keys(metadata.disk)).toEqual(['path', 'format', 'virtualSizeBytes', 'sizeBytes'])
})

it.each([
  [59.96, '60.0 s'],
  [61.4, '1 min 1 s'],
])('writes %d seconds as %s', (seconds, text) => expect(duration(seconds)).toBe(text))

it.each([
  [154e6, '154.0 MB'],
  [1.5e9, '1.50 GB'],
])('writes %d bytes as %s', (bytes, text) => expect(megabytes(bytes)).toBe(text))
