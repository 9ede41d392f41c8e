import { mkdtempDisposable, readdir, readFile, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { mediaTypes } from '../../../src/oci/manifest.ts'
import { gzipLayers, hasZstdLayers } from '../../../src/oci/store/gziplayers.ts'
import { readStoredImage } from '../../../src/oci/store/storedimage.ts'
import { coded } from '../../support/coded.ts'
import { sha256 } from './samplebase.ts'
import { flip, layoutOf, type Parts } from './samplelayout.ts'

async function sample(change?: (parts: Parts) => void) {
  const layout = await layoutOf(change)
  const folder = await mkdtempDisposable(join(tmpdir(), 'gzip-'))
  const { size } = await stat(layout.file(layout.manifest))
  const platform = { os: 'linux', architecture: 'amd64' }
  const descriptor = { mediaType: mediaTypes.manifest, digest: layout.manifest as `sha256:${string}`, size, platform }
  const image = await readStoredImage(layout.folder, descriptor)
  return {
    layout,
    image,
    folder: folder.path,
    [Symbol.asyncDispose]: async () => {
      await layout[Symbol.asyncDispose]()
      await folder.remove()
    },
  }
}

describe('gzipLayers', () => {
  it('changes the zstd layer and nothing else', async () => {
    await using work = await sample()
    const { image, layout, folder } = work
    expect(hasZstdLayers(image)).toBe(true)
    const changed = await gzipLayers(image, { folder })
    expect(hasZstdLayers(changed)).toBe(false)
    const [gzip, former, plain] = changed.manifest.layers
    expect([gzip, plain]).toEqual([layout.gzip, layout.plain])
    expect(former?.mediaType).toBe(mediaTypes.layerGzip)
    expect(changed.manifest.config).toEqual(image.manifest.config)
    const config = JSON.parse(await readFile(layout.file(layout.config), 'utf8'))
    const blob = await readFile(changed.blobs.find(({ digest }) => digest === former?.digest)?.file ?? '')
    expect(sha256(gunzipSync(blob))).toBe(config.rootfs.diff_ids[1])
    expect([sha256(blob), blob.length]).toEqual([former?.digest, former?.size])
  })

  it('gives the manifest a descriptor of its own, with the platform', async () => {
    await using work = await sample()
    const { descriptor, blobs } = await gzipLayers(work.image, { folder: work.folder })
    const bytes = await readFile(blobs[0]?.file ?? '')
    expect(descriptor).toEqual({ ...work.image.descriptor, digest: sha256(bytes), size: bytes.length })
  })

  it('fails at a layer that cannot be unpacked', async () => {
    await using work = await sample()
    await flip(work.layout.file(work.layout.zstd.digest), 0)
    await expect(gzipLayers(work.image, { folder: work.folder })).rejects.toThrow(
      /^the layer sha256:.* is not a valid OCI image: it cannot be unpacked/,
    )
    expect(await readdir(work.folder)).toEqual([])
  })

  it('fails where the config says another content', async () => {
    await using other = await sample(({ config }) => {
      config.rootfs.diff_ids[1] = config.rootfs.diff_ids[0] ?? ''
    })
    await expect(gzipLayers(other.image, { folder: other.folder })).rejects.toThrow(
      coded('image-layer', /it holds .* instead of/),
    )
  })

  it('ends when the job is canceled', async () => {
    await using work = await sample()
    const signal = AbortSignal.abort()
    await expect(gzipLayers(work.image, { folder: work.folder, signal })).rejects.toMatchObject({
      name: 'AbortError',
    })
    expect(await readdir(work.folder)).toEqual([])
  })
})
