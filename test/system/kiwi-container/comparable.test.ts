import { describe, expect, it } from 'vitest'
import type { ArchivedImage } from './archive.ts'
import { comparable } from './comparable.ts'

const TIME = '2026-01-02T03:04:05Z'
const CONFIG = {
  created: TIME,
  author: 'Tux',
  architecture: 'amd64',
  os: 'linux',
  config: { Env: ['A=b'], Labels: { a: 'b' } },
  rootfs: { type: 'layers', diff_ids: ['sha256:base', 'sha256:disk'] },
  history: [
    { created: TIME, created_by: 'base' },
    { created: TIME, created_by: 'us', author: 'Tux' },
  ],
}
const LAYERS = [
  { mediaType: 'tar', digest: 'sha256:base', size: 1 },
  { mediaType: 'tar', digest: 'sha256:disk', size: 2 },
]
const MANIFEST = { schemaVersion: 2, config: { mediaType: 'config', digest: 'sha256:c', size: 3 }, layers: LAYERS }

const IMAGE = { config: CONFIG, files: ['disk/a.raw'], folders: ['disk/'], manifest: MANIFEST }

/** What is compared of the image, with something changed in it. */
function compared(change: (image: typeof IMAGE) => object) {
  return comparable({ ...IMAGE, ...change(IMAGE) } as unknown as ArchivedImage, 'us', {})
}

const SAME = compared(() => ({}))

describe('what is compared', () => {
  it.each<[string, Parameters<typeof compared>[0]]>([
    ['a file more', ({ files }) => ({ files: [...files, 'etc/passwd'] })],
    ['another path', () => ({ files: ['disk/b.raw'] })],
    ['a new member of the config', ({ config }) => ({ config: { ...config, variant: 'v2' } })],
    ['no author', ({ config: { author: _, ...config } }) => ({ config })],
    ['another setting', ({ config }) => ({ config: { ...config, config: { ...config.config, User: 'a' } } })],
    ['another order', ({ config }) => ({ config: { ...config, config: { ...config.config, Env: ['C=d', 'A=b'] } } })],
    [
      'a layer more',
      ({ config }) => ({
        config: { ...config, rootfs: { ...config.rootfs, diff_ids: ['sha256:d', ...config.rootfs.diff_ids] } },
      }),
    ],
    ['a step less', ({ config }) => ({ config: { ...config, history: config.history.slice(1) } })],
    [
      "another maker's name",
      ({ config }) => ({
        config: { ...config, history: [config.history[0], { ...config.history[1], created_by: 'x' }] },
      }),
    ],
    [
      'another layer of the base',
      ({ manifest }) => ({ manifest: { ...manifest, layers: [{ ...LAYERS[0], digest: 'sha256:x' }, LAYERS[1]] } }),
    ],
    [
      'another compression',
      ({ manifest }) => ({ manifest: { ...manifest, layers: [LAYERS[0], { ...LAYERS[1], mediaType: 'tar+zstd' }] } }),
    ],
    [
      'a new annotation of a layer',
      ({ manifest }) => ({ manifest: { ...manifest, layers: [LAYERS[0], { ...LAYERS[1], annotations: { a: 'b' } }] } }),
    ],
    ['a new member of the manifest', ({ manifest }) => ({ manifest: { ...manifest, subject: {} } })],
  ])('tells %s', (_, change) => {
    expect(compared(change)).not.toEqual(SAME)
  })

  it('tells a folder more in the layer of a disk alone, and takes the /usr that we add', () => {
    const alone = { ...CONFIG, rootfs: { ...CONFIG.rootfs, diff_ids: ['sha256:disk'] } }
    const ofFolders = (...folders: string[]) => compared(() => ({ config: alone, folders }))
    expect(ofFolders('disk/', 'usr/')).toMatchObject({ folders: ['disk/'] })
    expect(ofFolders('disk/', 'usr/', 'etc/')).toMatchObject({ folders: ['disk/', 'etc/'] })
    expect(() => ofFolders('disk/')).toThrow('usr/')
  })

  it('refuses an annotation of the manifest that is not one of ours', () => {
    expect(() => compared(({ manifest }) => ({ manifest: { ...manifest, annotations: { new: 'x' } } }))).toThrow('new')
  })

  it('takes other times, and another disk in the layer', () => {
    const later = '2027-01-02T03:04:05Z'
    expect(
      compared(({ config, manifest }) => ({
        config: {
          ...config,
          created: later,
          rootfs: { ...config.rootfs, diff_ids: ['sha256:base', 'sha256:other'] },
          history: [config.history[0], { ...config.history[1], created: later }],
        },
        manifest: { ...manifest, layers: [LAYERS[0], { ...LAYERS[1], digest: 'sha256:other' }] },
      })),
    ).toEqual(SAME)
  })
})
