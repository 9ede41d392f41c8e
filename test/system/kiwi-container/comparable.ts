import { expect } from 'vitest'
import type { ArchivedImage, Json } from './archive.ts'

/** Differences that a description asks for. */
export interface Wanted {
  /** The description says nothing of who made the layer, so each names itself. */
  readonly unsaid?: true
  /** A disk alone without a command, for which KIWI invents one. */
  readonly noCommand?: true
}

interface Config extends Json {
  readonly config?: Json
  readonly rootfs: { readonly type: string; readonly diff_ids: readonly string[] }
  readonly history: readonly Json[]
}

interface Layer extends Json {
  readonly annotations?: Json
}

const OWN_ANNOTATIONS = /^org\.opencontainers\.image\.(created|title|version|base\.name|base\.digest)$/
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json'

/**
 * Everything that an image says, without the differences between KIWI's and ours that are wanted and no others: times,
 * what names itself as the maker, our annotations, KIWI's invented command, our empty `/usr` under a disk alone, without
 * which composefs takes no image, and the bytes of the disk's layer, of which
 * the path is compared here and the disk by qemu-img. A member that is not named here is compared as it is.
 */
export function comparable(image: ArchivedImage, wrapper: 'KIWI' | 'us', wanted: Wanted): Json {
  const config = image.config as Config
  return {
    config: {
      ...config,
      created: timeless(config),
      config: runtimeOf(config, wrapper, wanted),
      rootfs: { ...config.rootfs, diff_ids: [...config.rootfs.diff_ids.slice(0, -1), 'the disk'] },
      history: [...config.history.slice(0, -1), lastStep(config, wrapper, wanted)],
    },
    files: image.files,
    folders: foldersOf(image, wrapper),
    ...(image.manifest === undefined ? {} : { manifest: manifestOf(image.manifest, wrapper) }),
  }
}

/** Of a disk alone: over a base KIWI's layer also has the folders that it used in the base's tree to work there. */
function foldersOf({ folders, config }: ArchivedImage, wrapper: string): readonly string[] {
  if ((config as Config).rootfs.diff_ids.length > 1) return []
  if (wrapper === 'KIWI') return folders
  expect(folders).toContain('usr/')
  return folders.filter((name) => name !== 'usr/')
}

function timeless({ created }: Json): string {
  expect(created).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/)
  return 'a time'
}

function runtimeOf({ config = {} }: Config, wrapper: string, { noCommand }: Wanted): Json {
  if (noCommand === undefined || wrapper === 'us') return config
  const { Cmd, ...others } = config
  expect(Cmd).toEqual(['/bin/bash'])
  return others
}

function lastStep({ history }: Config, wrapper: string, { unsaid }: Wanted): Json {
  const step = history.at(-1) ?? {}
  const timed = { ...step, created: timeless(step) }
  if (unsaid === undefined) return timed
  expect(step['created_by']).toMatch(wrapper === 'us' ? /^kiwi-oci: \/disk\// : /^KIWI /)
  return { ...timed, created_by: 'who made it' }
}

function manifestOf(manifest: Json, wrapper: string): Json {
  const { annotations = {}, config, layers, mediaType = MANIFEST, ...others } = manifest
  const names = Object.keys(annotations as Json)
  expect(names.filter((name) => wrapper === 'KIWI' || !OWN_ANNOTATIONS.test(name))).toEqual([])
  const all = layers as readonly Layer[]
  return { ...others, mediaType, config: typeOf(config as Json), layers: [...all.slice(0, -1), diskLayer(all.at(-1))] }
}

/** Without the digest and size. */
function typeOf({ digest: _, size: __, ...others }: Json): Json {
  return others
}

/** umoci notes the size of what it compressed, of 0.5 and later. */
function diskLayer({ annotations, ...layer }: Layer = {}): Json {
  const { 'ci.umo.uncompressed_blob_size': _, ...others } = annotations ?? {}
  return { ...typeOf(layer), ...(Object.keys(others).length === 0 ? {} : { annotations: others }) }
}
