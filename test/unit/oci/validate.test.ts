import { mkdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { mediaTypes } from '../../../src/oci/manifest.ts'
import { layoutViolations } from '../../../src/oci/store/validate.ts'
import { baseContents, sha256 } from './samplebase.ts'
import { flip, layoutOf, type Parts } from './samplelayout.ts'

type Sample = Awaited<ReturnType<typeof layoutOf>>

const broken = async (break_: (layout: Sample) => Promise<unknown>) => {
  await using layout = await layoutOf()
  await break_(layout)
  return await layoutViolations(layout.folder)
}
const changed = async (change: (parts: Parts) => void) => {
  await using layout = await layoutOf(change)
  return await layoutViolations(layout.folder)
}
describe('layoutViolations', () => {
  it.each([1, 2, 8])('finds none in a valid layout, %i layers at a time', async (concurrency) => {
    await using layout = await layoutOf()
    expect(await layoutViolations(layout.folder, { concurrency })).toEqual([])
  })

  it.each(['gzip', 'zstd', 'plain'] as const)('finds a flipped byte anywhere in the %s layer', async (name) => {
    await using layout = await layoutOf()
    const path = layout.file(layout[name].digest)
    const bytes = await readFile(path)
    for (let at = 0; at < bytes.length; at++) {
      await flip(path, at)
      const violations = await layoutViolations(layout.folder)
      expect(violations.join('\n')).toMatch(new RegExp(`layer ${layout[name].digest}: holds sha256:`))
      await writeFile(path, bytes)
    }
  })

  it.each(['gzip', 'zstd', 'plain'] as const)('finds a cut, a grown, a missing and a linked %s layer', async (name) => {
    await using valid = await layoutOf()
    const { size } = valid[name]
    const line = async (break_: (path: string) => Promise<unknown>) =>
      (await broken(async (layout) => await break_(layout.file(layout[name].digest)))).map((text) => text.slice(79))
    expect(await line(async (path) => await truncate(path, size - 1))).toEqual([
      `has ${size - 1} bytes instead of ${size}`,
    ])
    expect(await line(async (path) => await truncate(path, size + 1))).toEqual([
      `has ${size + 1} bytes instead of ${size}`,
    ])
    expect(await line(async (path) => await rm(path))).toEqual(['is missing'])
    const linked = await line(async (path) => {
      await rm(path)
      await symlink('/etc/passwd', path)
    })
    expect(linked).toEqual(['is not a regular file'])
  })

  it('finds a folder and a missing file in the place of a document', async () => {
    const violations = await broken(async (layout) => {
      await rm(layout.file(layout.config))
      await mkdir(layout.file(layout.config))
    })
    expect(violations).toEqual([expect.stringMatching(/^config sha256:.*: is not a regular file$/)])
    expect(await broken(async (layout) => await rm(layout.file(layout.manifest)))).toEqual([
      expect.stringMatching(/^manifest sha256:.*: is missing$/),
    ])
  })

  it('finds an edited manifest and an edited config', async () => {
    for (const name of ['manifest', 'config'] as const) {
      const violations = await broken(async (layout) => await flip(layout.file(layout[name]), 3))
      expect(violations[0]).toMatch(new RegExp(`^${name} sha256:[0-9a-f]*: holds sha256:`))
    }
  })

  it('finds a wrong size of a layer and of the config', async () => {
    const layers = await changed(({ manifest }) => Object.assign(manifest.layers[0] ?? {}, { size: 5 }))
    expect(layers).toEqual([expect.stringContaining('bytes instead of 5')])
    const config = await changed(({ manifest }) => Object.assign(manifest, { config: null }))
    expect(config).toEqual([expect.stringContaining('bytes instead of 1')])
  })

  it('finds a wrong diff ID of each layer', async () => {
    for (const position of [0, 1, 2]) {
      const violations = await changed(({ config }) => {
        config.rootfs.diff_ids[position] = sha256('else')
      })
      expect(violations).toEqual([
        expect.stringContaining(
          `layer ${position + 1} holds the diff ID ${sha256(baseContents[position] ?? '')}, the config says ${sha256('else')}`,
        ),
      ])
    }
  })

  it('finds a layer under the media type of another compression', async () => {
    const violations = await changed(({ manifest }) =>
      Object.assign(manifest.layers[2] ?? {}, { mediaType: mediaTypes.layerGzip }),
    )
    expect(violations).toEqual([
      expect.stringContaining('cannot be decompressed as application/vnd.oci.image.layer.v1.tar+gzip'),
    ])
  })

  it('finds what follows the frames of a zstd layer', async () => {
    await using layout = await layoutOf()
    const bytes = Buffer.concat([await readFile(layout.file(layout.zstd.digest)), Buffer.from('xxxx')])
    const digest = sha256(bytes)
    await writeFile(layout.file(digest), bytes)
    await using other = await layoutOf(({ manifest }) =>
      Object.assign(manifest.layers[1] ?? {}, { digest, size: bytes.length }),
    )
    await writeFile(other.file(digest), bytes)
    expect(await layoutViolations(other.folder)).toEqual([expect.stringContaining('it is no zstd frame')])
  })

  it('accepts a gzip layer padded with zeros', async () => {
    const bytes = Buffer.concat([gzipSync(baseContents[0]), Buffer.alloc(3_000_000)])
    await using layout = await layoutOf(({ manifest }) =>
      Object.assign(manifest.layers[0] ?? {}, { digest: sha256(bytes), size: bytes.length }),
    )
    await writeFile(layout.file(sha256(bytes)), bytes)
    expect(await layoutViolations(layout.folder)).toEqual([])
  })

  it.each([
    [
      'a Docker layer',
      ({ manifest }: Parts) => Object.assign(manifest.layers[0] ?? {}, { mediaType: mediaTypes.dockerLayerGzip }),
      'no OCI layer',
    ],
    [
      'a manifest with members of an index',
      ({ manifest }: Parts) => Object.assign(manifest, { manifests: [] }),
      'it has manifests, which no manifest has',
    ],
    [
      'a manifest without layers',
      ({ manifest, config }: Parts) => {
        manifest.layers = []
        config.rootfs.diff_ids = []
        config.history = []
      },
      'it has no layers',
    ],
    ['a diff ID too few', ({ config }: Parts) => config.rootfs.diff_ids.pop(), 'it has 2 diff IDs for 3 layers'],
    ['a step too few', ({ config }: Parts) => config.history.pop(), 'its history has 2 steps for 3 layers'],
    [
      'no history',
      ({ config }: Parts) => Object.assign(config, { history: undefined }),
      'its history has 0 steps for 3 layers',
    ],
    [
      'another rootfs',
      ({ config }: Parts) => Object.assign(config.rootfs, { type: 'x' }),
      'its rootfs.type is not "layers"',
    ],
    [
      'a config for another platform',
      ({ config }: Parts) => Object.assign(config, { architecture: 'arm64' }),
      'index.json says it is for linux/amd64, its config for linux/arm64',
    ],
    [
      'another variant',
      ({ config }: Parts) => Object.assign(config, { variant: 'v3' }),
      'its config for linux/amd64/v3',
    ],
    [
      'no platform in the index',
      ({ index }: Parts) => Object.assign(index.manifests[0] ?? {}, { platform: undefined }),
      'it has no platform in index.json',
    ],
    [
      'an odd name',
      ({ index }: Parts) =>
        Object.assign(index.manifests[0] ?? {}, { annotations: { 'org.opencontainers.image.ref.name': 'a b' } }),
      '"a b" is not a valid ref.name',
    ],
    ['a name twice', ({ index }: Parts) => index.manifests.push({}), 'it has two images of the name latest'],
    ['no image', ({ index }: Parts) => index.manifests.pop(), 'it names no image'],
    [
      'another size of the manifest',
      ({ index }: Parts) => Object.assign(index.manifests[0] ?? {}, { size: 7 }),
      'bytes instead of 7',
    ],
    [
      'another kind of manifest',
      ({ index }: Parts) => Object.assign(index.manifests[0] ?? {}, { mediaType: mediaTypes.dockerManifest }),
      `has the media type ${mediaTypes.dockerManifest} in index.json`,
    ],
    [
      'a climbing digest',
      ({ index }: Parts) => Object.assign(index.manifests[0] ?? {}, { digest: 'sha256:../../x' }),
      'entry 1 has no sha256 digest',
    ],
    [
      'an index with members of a manifest',
      ({ index }: Parts) => Object.assign(index, { layers: [] }),
      'it has layers, which no index has',
    ],
    [
      'an unknown member of the index',
      ({ index }: Parts) => Object.assign(index, { extra: 1 }),
      'it has the unknown member "extra"',
    ],
    [
      'an unknown member of an entry',
      ({ index }: Parts) => Object.assign(index.manifests[0] ?? {}, { extra: 1 }),
      'it has the unknown member "extra"',
    ],
  ])('finds %s', async (_, change, violation) => {
    expect((await changed((parts) => void change(parts))).join('\n')).toContain(violation)
  })

  it.each([
    [
      'oci-layout',
      '{"imageLayoutVersion":"2.0.0"}',
      'oci-layout: its imageLayoutVersion is "2.0.0" instead of "1.0.0"',
    ],
    ['oci-layout', undefined, 'oci-layout: is missing'],
    ['index.json', undefined, 'index.json: is missing'],
    ['index.json', '{', 'index.json: it is not JSON in UTF-8'],
    ['index.json', ' '.repeat(4 * 1024 * 1024 + 1), 'more than 4 MiB'],
  ])('finds a wrong %s: %.30s', async (name, text, violation) => {
    const violations = await broken(async ({ folder }) =>
      text === undefined ? await rm(join(folder, name)) : await writeFile(join(folder, name), text),
    )
    expect(violations.join('\n')).toContain(violation)
  })

  it('tells everything at once', async () => {
    const violations = await broken(async (layout) => {
      await rm(layout.file(layout.gzip.digest))
      await truncate(layout.file(layout.plain.digest), 1)
      await rm(join(layout.folder, 'oci-layout'))
    })
    expect(violations).toHaveLength(3)
  })

  it('stops when it is told to', async () => {
    await using layout = await layoutOf()
    await expect(layoutViolations(layout.folder, { signal: AbortSignal.abort() })).rejects.toThrow(
      expect.objectContaining({ name: 'AbortError' }),
    )
  })
})
